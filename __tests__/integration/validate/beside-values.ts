/** Values that hold more than any text of them: for the edge cases. Whoever reads that text makes another binary form. */
export const besideValues: readonly (readonly [since: number, sql: string])[] = [
  [
    10,
    `create domain app.list as int[]; create type app.listed_with as (list int[], n int);
     create type app.list_range as range (subtype = int[]);
     create table app.filled_in (v int[], t text[], f float8[], d app.list, k app.listed_with, ks app.listed_with[], r app.list_range);
     insert into app.filled_in (v, t, f)
       values ('{1,null,3}', '{{a,null},{b,c}}', '{null,-0,NaN}'), ('{null,2}', '{null}', '[0:1]={null,NaN}'),
              ('{}', null, '{}');
     update app.filled_in set v[2] = 2, t[1][2] = 'x', f[1] = 1 where v[1] = 1;
     update app.filled_in set d = v, k = row(v, 1)::app.listed_with, r = app.list_range(v, v, '[]'),
       ks = array[row(v, 1), row(null, null)]::app.listed_with[];`,
  ],
]
