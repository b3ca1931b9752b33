/** Values that hold more than any text of them: for the edge cases. Whoever reads that text makes another binary form. */
export const besideValues: readonly (readonly [since: number, sql: string])[] = [
  [
    10,
    `create domain app.list as int[]; create type app.listed_with as (list int[], n int);
     create type app.list_range as range (subtype = int[]);
     create table app.filled_in (v int[], t text[], f float8[], d app.list, k app.listed_with, ks app.listed_with[], r app.list_range);
     insert into app.filled_in (v, t, f)
       values ('{1,null,3}', '{{a,null},{b,c}}', '{null,-0,-NaN}'), ('{null,2}', '{null}', '[0:1]={null,-NaN}'),
              ('{}', null, '{}');
     update app.filled_in set v[2] = 2, t[1][2] = 'x', f[1] = 1 where v[1] = 1;
     update app.filled_in set d = v, k = row(v, 1)::app.listed_with, r = app.list_range(v, v, '[]'),
       ks = array[row(v, 1), row(null, null)]::app.listed_with[];`,
  ],
  [
    10,
    `create domain app.ratio as float4; create type app.ratio_range as range (subtype = app.ratio);
     create type app.measured as (f float8, r app.ratio, p point);
     create table app.nan_alone (f float8);
     create table app.nan (id int, f float8, f4 float4, d app.ratio, k app.measured, ks app.measured[], r app.float_range, rs app.float_range[], dr app.ratio_range);
     create table app.nan_lists (f4 float4[], f8 float8[], empty float8[]);
     create table app.nan_points (p point, li line, ls lseg, b box, c circle, po polygon, pa path, ps point[], bs box[], n path);
     insert into app.nan_alone values ('-NaN'), ('NaN'), ('-0'), (0), (null);
     insert into app.nan
       select i, v, v, v::float4, row(v, v, point(v, 1))::app.measured, array[row(v, 2, null)::app.measured, null],
              app.float_range(1, v, '[]'), array[app.float_range(v, null), 'empty'], app.ratio_range(null, v::float4::app.ratio)
         from unnest('{-NaN,NaN,1}'::float8[]) with ordinality u (v, i);
     insert into app.nan_lists values ('{1,-NaN,null}', '{{-0,-NaN},{Infinity,0.1}}', '{}');
     insert into app.nan_points
       select point(1, v), line '{1,-NaN,2}', lseg(point(v, -1), point(3, 4)), box(point(1, v), point(3, v)), circle(point(1, v), 5),
              polygon '((1,-NaN),(-0,0.1),(2,3))', path '[(1,-NaN),(-NaN,Infinity),(-Infinity,0.1)]',
              array[point(v, 1), null], array[box(point(v, 1), point(v, 2))], null
         from unnest('{-NaN,7}'::float8[]) u (v);`,
  ],
  [
    10,
    `create table app.sought (q tsquery, qs tsquery[]);
     insert into app.sought select q, array[q, null]
       from (values (tsquery 'a' && (tsquery 'b' && tsquery 'c:*A')), (tsquery 'a' || (tsquery 'b' || !!tsquery 'c'))) v (q);`,
  ],
  [
    14,
    `create table app.nan_ranges (m app.float_multirange, n app.float_multirange);
     insert into app.nan_ranges values (app.float_multirange(app.float_range(1, 2), app.float_range(3, '-NaN'), app.float_range('-NaN', '-NaN', '[]')), null), ('{}', '{}');`,
  ],
]
