# The contract for machines: --json is one array of trials with these keys, in this order.
D="--data synthetic:events --samples 60 --test-samples 300 --width 8,64 --seed 1:2 --label-noise 0.1 --jobs 2"
surplus descent $D --out m.db --json --quiet >run.json
surplus show m.db --json >show.json
cmp run.json show.json && echo "with --out, --json prints the same array"
surplus descent $D --json --quiet >memory.json
strip() { sed -E 's/"seconds":[0-9.e-]+/"seconds":0/g; s/\{"metric":"[a-z_]*(seconds|memory)[a-z_]*"[^}]*\},?//g' "$1"; }
strip run.json >a
strip memory.json >b
cmp a b && echo "and without --out"
sqlite3 :memory: "
create table j(x); insert into j values (readfile('show.json'));
select 'trials', json_array_length(x) from j;
select 'keys', group_concat(key) from (select key from j, json_each(x, '\$[0]'));
select 'measurement', group_concat(key) from (select key from j, json_each(x, '\$[0].measurements[0]'));
select 'status', group_concat(distinct json_extract(value, '\$.status')) from j, json_each(x);
select 'spec', json_extract(x, '\$[0].spec.width'), json_extract(x, '\$[0].spec.label_noise'),
       json_extract(x, '\$[0].spec.samples') from j;
select 'order', group_concat(json_extract(value, '\$.spec.width')) from j, json_each(x);
select 'metric', json_extract(m.value, '\$.metric') from j, json_each(x, '\$[0].measurements') m
  where json_extract(m.value, '\$.iteration') = 0 and json_extract(m.value, '\$.split') is null
  and json_extract(m.value, '\$.metric') in ('parameters', 'train_loss', 'test_loss', 'train_error',
  'test_error', 'auc', 'rejection', 'gram_condition', 'numerical_rank', 'norm',
  'effective_parameters', 'interpolates') order by 2;
"
surplus show m.db --where 'width>10' --metric test_error --csv | head -1
surplus show m.db --where 'width>10' --metric test_error --csv | wc -l
