import { readFileSync } from 'node:fs';
import { print } from './measure';
import { KEYS, judge } from '../test/services/documented/judge';
import { place } from '../test/services/documented/places';
import type { Place } from '../test/services/documented/places';
import { TABLE } from '../test/services/documented/rows';
import type { Row } from '../test/services/documented/rows';
import { SCENES } from '../test/services/documented/scenes';

/**
 * Requests that services make to KMS, and near misses, against the keys of apps that use those services: how many that AWS's pages have allowed the
 * key allows, and how many near misses it refuses, service by service. Each row is judged under every kind of key.
 *
 * `npx tsx bench/service-flows.ts [FILE] [--json]`. FILE is a list of rows that somebody else wrote; without one, it is the table of the tests.
 * Rows that no page decides (`unsure`) are counted, and not judged. Exit code 1 if a row is judged wrong, 2 for a file that holds no rows.
 */

/** A row as tables of others have it. */
interface ForeignRow {
  readonly id: string;
  readonly service: string;
  readonly flow: string;
  readonly setup?: string;
  readonly role?: string;
  readonly principal: string;
  readonly action: string;
  readonly viaService?: string | null;
  readonly encryptionContext?: Readonly<Record<string, string>> | null;
  readonly conditionKeys?: Row['conditionKeys'];
  readonly grants?: Row['grants'];
  readonly grantId?: string;
  readonly expect: Row['expect'];
  readonly confidence: Row['certainty'];
  readonly source?: string;
}

interface Case { readonly service: string; readonly row: Row }

/** Ends the program with 2 for a file that is none, or holds no list. */
function rowsIn(file: string): ForeignRow[] {
  try {
    const rows: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!Array.isArray(rows)) throw new Error('it holds no list of rows');
    return rows as ForeignRow[];
  } catch (error) {
    console.error(`${file}: ${(error as Error).message}`);
    process.exit(2);
  }
}

function casesIn(file: string): Case[] {
  const rows = rowsIn(file);
  return rows.map(({ service, role: caller = '', viaService, encryptionContext, confidence: certainty, source: page = '', ...rest }) => {
    return { service, row: { ...rest, caller, via: viaService ?? undefined, context: encryptionContext ?? undefined, certainty, page } };
  });
}

const [file] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const cases = file ? casesIn(file) : [...TABLE].flatMap(([service, rows]) => rows.map((row) => ({ service, row })));

// aws-cdk-lib's own validation of templates takes longer than all the rest, and its warnings would stand between the rows.
process.env.CDK_VALIDATION ??= 'false';

const places = new Map<string, Place>();
function placeOf({ service, row: { setup = '' } }: Case, kind: string): Place {
  const id = [service, setup, kind].join();
  const known = places.get(id) ?? place(SCENES[service][setup], KEYS[kind]);
  places.set(id, known);
  return known;
}

/** Under which kinds of key the row is judged otherwise than expected, and the engine's reasons. */
function wrongUnder(each: Case): string[] {
  return Object.keys(KEYS).filter((kind) => KEYS[kind].judges.includes(each.row.expect)).flatMap((kind) => {
    const { allowed, reason } = judge(each.row, placeOf(each, kind));
    const { id, flow, expect } = each.row;
    return allowed === (expect === 'allow') ? [] : [`${id} (${flow}): expected is ${expect}, under a key ${kind}: ${reason}`];
  });
}

const COLUMNS = ['allowed', 'to allow', 'refused', 'to refuse', 'unsure', 'no view'] as const;
type Count = Record<(typeof COLUMNS)[number], number>;
const wrong: string[] = [];

function add(count: Count, each: Case): void {
  const { service, row } = each;
  if (!SCENES[service]?.[row.setup ?? '']) {
    count['no view'] += 1;
    return;
  }
  if (row.certainty === 'unsure') {
    count.unsure += 1;
    return;
  }
  const found = wrongUnder(each);
  const allows = row.expect === 'allow';
  wrong.push(...found);
  count[allows ? 'to allow' : 'to refuse'] += 1;
  if (!found.length) count[allows ? 'allowed' : 'refused'] += 1;
}

const byService = new Map<string, Count>();
for (const each of cases) {
  const count = byService.get(each.service) ?? { 'allowed': 0, 'to allow': 0, 'refused': 0, 'to refuse': 0, 'unsure': 0, 'no view': 0 };
  byService.set(each.service, count);
  add(count, each);
}

const rows = [...byService].sort(([a], [b]) => a.localeCompare(b)).map(([service, count]) => ({ service, ...count }));
print(`Requests of services, under ${Object.keys(KEYS).length} kinds of key`, rows, { requests: cases.length, wrong });
process.exitCode = wrong.length ? 1 : 0;
