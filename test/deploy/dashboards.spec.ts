/** What Prometheus and Grafana are told to look at is what the server measures, by the grammar of the Prometheus version that docker-compose.yml names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import type { Lasting } from '../../apps/api/lasting';
import { Metrics } from '../../apps/api/observe/metrics';
import type { Ledger } from '../../libs/ledger/ledger';
import { PROJECT } from '../architecture/cruise';

interface Panel {
  readonly title: string;
  readonly datasource: { readonly uid: string };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const { panels } = JSON.parse(read('deploy/grafana/dashboards/navledger.json')) as { panels: readonly Panel[] };
const { groups } = parse(read('deploy/prometheus/rules.yml')) as {
  groups: readonly { rules: readonly { alert: string; expr: string }[] }[];
};
const queries = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const)),
];

/** The series and labels of a server that has answered something, with those that Prometheus adds. */
async function measured(): Promise<{ readonly series: ReadonlySet<string>; readonly labels: ReadonlySet<string> }> {
  const ledger = { lag: () => 0, store: { head: () => ({ position: 0 }) } } as unknown as Ledger;
  const metrics = new Metrics(ledger, { count: () => 0 } as unknown as Lasting);
  metrics.answered('GET', '/x', '200', 0);
  const text = await metrics.text();
  const series = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name! + end) : [name!],
  );
  const labels = [...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, label]) => label!);
  return { series: new Set([...series, 'up']), labels: new Set([...labels, 'job', 'instance']) };
}

/** What a query names; `broken` when it is none. */
function namesIn(query: string): { readonly series: string[]; readonly labels: string[]; readonly broken: boolean } {
  const text = query.replaceAll(/\$__(rate_interval|range)\b/g, '5m');
  const series: string[] = [];
  const labels: string[] = [];
  let broken = false;
  parser.parse(text).iterate({
    enter: ({ type, name, from, to, node }) => {
      broken ||= type.isError;
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') series.push(text.slice(from, to));
      if (name === 'LabelName') labels.push(text.slice(from, to));
    },
  });
  return { series, labels, broken };
}

async function strangers(query: string): Promise<string[]> {
  const known = await measured();
  const { series, labels, broken } = namesIn(query);
  const unknown = [...series.filter((name) => !known.series.has(name)), ...labels.filter((name) => !known.labels.has(name))];
  return broken || series.length === 0 ? [query, ...unknown] : unknown;
}

test.each(queries)('%s asks for what there is: %s', async (_, query) => {
  expect(await strangers(query)).toEqual([]);
});

test.each([
  ['sum(rate(navledger_append_second_count[$__rate_interval]))', ['navledger_append_second_count']],
  ['navledger_append_seconds', ['navledger_append_seconds']],
  ['sum by (rout) (rate(navledger_http_request_seconds_count[$__rate_interval]))', ['rout']],
  ['navledger_problems_total{kode="X"}', ['kode']],
  ['rate(navledger_problems_total[5m)', ['rate(navledger_problems_total[5m)']],
])('%s would be found', async (query, found) => {
  expect(await strangers(query)).toEqual(found);
});

test('the dashboard shows what an operator asks first', () => {
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr).series)));
  const wanted = ['navledger_append_seconds_bucket', 'navledger_projection_lag_events', 'navledger_problems_total'];
  expect([...wanted, 'navledger_http_request_seconds_bucket'].filter((name) => !shown.has(name))).toEqual([]);
});

test('panels ask the provisioned source, which is where Prometheus listens, and Prometheus asks the API with the token of metrics-token', () => {
  const [source] = (
    parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as { datasources: { uid: string; url: string }[] }
  ).datasources;
  expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set([source!.uid]));
  expect(source!.url).toBe('http://prometheus:9090');
  const { scrape_configs, rule_files } = parse(read('deploy/prometheus/prometheus.yml'));
  expect(rule_files).toEqual(['rules.yml']);
  expect(scrape_configs[0].authorization.credentials_file).toBe('/metrics/token');
  expect(scrape_configs[0].static_configs[0].targets).toEqual(['api:8080']);
});

test('legends name labels that their query keeps', () => {
  const lost = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr, legendFormat }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!).filter((label) => !namesIn(expr).labels.includes(label)),
    ),
  );
  expect(lost).toEqual([]);
});

test('the grammar is that of the Prometheus that runs', () => {
  const { version } = JSON.parse(read('node_modules/@prometheus-io/lezer-promql/package.json')) as { version: string };
  const [, minor, patch] = /^0\.3(\d\d)\.(\d+)$/.exec(version)!;
  expect(read('docker-compose.yml')).toContain(`prom/prometheus:v3.${Number(minor)}.${patch}`);
});
