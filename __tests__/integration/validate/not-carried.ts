/** What a dump carries otherwise than it is, or not at all, and what goes with an extension: for the edge cases. */
export const notCarried: readonly (readonly [since: number, sql: string])[] = [
  [
    10,
    `create domain app.mark as varchar(5); create domain app.marks as app.mark;
     create table app.limits (k int, s varchar(20) default 'x', c char(3) default 'y', n numeric(4, 1) default 1,
       b bit(3) default b'101', t timestamp(3) default now(), a varchar(9)[] default '{}', d app.positive default 2,
       m app.marks default 'x')
       partition by range (k);
     create table app.limits_1 (k int, s varchar(20), c char(3), n numeric(4, 1), b bit(3), t timestamp(3), a varchar(9)[],
       d app.positive default null, m app.marks);
     alter table app.limits attach partition app.limits_1 for values from (0) to (10);
     create table app.unlimited () inherits (app.parent);
     alter table app.parent add short varchar(5) default 'x';
     alter table app.unlimited alter short drop default;
     create view app.shorts as select short from app.parent;
     alter view app.shorts alter short set default null;
     alter table app.parent add constraint half check (id < 1000) not valid;
     create table app.whole (id int, constraint half check (id < 1000), constraint parent_id_check check (id > 0))
       inherits (app.parent);
     create table app.of_half () inherits (app.parent);
     create table app.of_whole () inherits (app.of_half, app.whole);
     comment on constraint parent_id_check on app.child is 'as of its parent';
     comment on type app.parent is 'of rows'; comment on type app.mood[] is 'of moods';
     comment on function app.float_range(float8, float8) is 'of a range';
     comment on transform for int language sql is 'of the same name on both sides';
     comment on rule "_RETURN" on app.shorts is 'of a view';
     create constraint trigger at_last after insert on app.parent deferrable for each row execute procedure app.note();
     comment on constraint at_last on app.parent is 'of a trigger';
     create server blank type '' version '' foreign data wrapper postgres_fdw;
     create policy twice on app.graded to validate_app, validate_app using (true);
     alter table app.json_exists disable trigger all;`,
  ],
  // Before 12 floating-point numbers are printed longer. A dump writes parents in the order of their rows in pg_inherits.
  [
    10,
    `create table app.by_weight (w float8, v float4, t text) partition by range (w, v, t);
     create table app.by_weight_1 partition of app.by_weight for values from (0.1, 0.1, 'it''s 0.1') to (0.3, minvalue, minvalue);
     create table app.by_ratio (v float4, w float8) partition by list (v);
     create table app.by_ratio_1 partition of app.by_ratio for values in (0.1, 1.1, null) partition by range ((w * 2));
     create table app.by_ratio_11 partition of app.by_ratio_1 for values from (0.1) to ('infinity');
     create table app.slim (a int, b text) with (toast.autovacuum_enabled = false);
     alter table app.slim drop b;
     create table app.first (a int); create table app.second (b int);
     create table app.of_two () inherits (app.first, app.second);
     update pg_catalog.pg_inherits set inhseqno = inhseqno
      where inhrelid = 'app.of_two'::regclass and inhparent = 'app.first'::regclass;`,
  ],
  [
    10,
    `grant select (rolname) on pg_catalog.pg_authid to validate_app;
     create function app.leaving() returns int language sql as 'select 1';
     alter function app.leaving() depends on extension btree_gist;
     alter function app.leaving() depends on extension hstore;
     alter trigger later on app.orders depends on extension hstore;
     alter index app.ref_once depends on extension hstore;
     alter materialized view app.empty depends on extension hstore;`,
  ],
  // CREATE INDEX passes over a partition that is a foreign table, and ATTACH does not.
  [
    11,
    `create table app.reaching (k int, x int, t text) partition by list (k);
     create table app.reaching_here partition of app.reaching for values in (1);
     create foreign table app.reaching_far partition of app.reaching for values in (2) server files;
     create table app.reaching_on partition of app.reaching for values in (3) partition by list (x);
     create table app.reaching_on_here partition of app.reaching_on for values in (1);
     create foreign table app.reaching_on_far partition of app.reaching_on for values in (2) server files;
     create index reaching_t on app.reaching (t); create index reaching_x on app.reaching (x);
     create aggregate app.open (int) (sfunc = int4pl, stype = int, finalfunc_modify = read_write, mfinalfunc_modify = shareable,
       msfunc = int4pl, minvfunc = int4mi, mstype = int);`,
  ],
]
