import { writeFileSync } from 'node:fs';
import { check as checkDeployment, RULES } from '../../checks';
import type { CheckOptions } from '../../checks';
import type { Deployment } from '../../template';
import { compare, writeBaseline } from '../baseline';
import type { Console } from '../console';
import type { Input } from '../input/input';
import { findKey } from '../names';
import { findingJson, located, notRead } from '../output/findings';
import type { CheckJson, LocatedFinding } from '../output/findings';
import { annotations } from '../output/github';
import { findingsText, summaryText } from '../output/report';
import { sarif as sarifLog } from '../output/sarif';
import { count, hanging, listed } from '../output/text';
import { working } from '../progress';
import { Unusable } from '../unusable';

/** What is checked, and how it is told. */
export interface CheckSettings {
  readonly trustedAccounts?: readonly string[];
  readonly homeAccount?: string;
  /** Keys, however they are called. */
  readonly protect?: readonly string[];
  /** Ids of rules. */
  readonly rule?: readonly string[];
  readonly also?: readonly string[];
  readonly json?: boolean;
  readonly github?: boolean;
  /** A file, or `-` for standard output. */
  readonly sarif?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
}

/** @returns 1 if there are errors that the baseline does not have, else 0 */
export function check(input: Input, settings: CheckSettings, console: Console, version: string): number {
  refuseTwice(settings);
  const { deployment } = input;
  const report = working(`checking ${count(deployment.keys.length, 'key')}`, console, () => checkDeployment(deployment, optionsOf(settings, deployment)));
  const all = report.findings.map((finding) => located(finding, input));
  if (settings.writeBaseline !== undefined) {
    writeBaseline(all, settings.writeBaseline);
    console.err(`${hanging(`${count(all.length, 'finding')} written to ${settings.writeBaseline}`, console.columns, '')}\n`);
    return 0;
  }
  const { findings, known, gone } = compare(all, settings.baseline);
  const notModelled = [...report.notModelled, ...notRead(deployment)];
  const { checked } = report;
  if (settings.sarif !== undefined) writeSarif(settings.sarif, JSON.stringify(sarifLog(findings, known, version), null, 2), console);
  if (settings.json) {
    const inBaseline = settings.baseline === undefined ? {} : { inBaseline: known.length };
    const printed: CheckJson = { findings: findings.map(findingJson), checked, notModelled, ...inBaseline };
    console.out(`${JSON.stringify(printed, null, 2)}\n`);
  } else if (settings.sarif !== '-') {
    console.out(settings.github ? annotations(findings) : findingsText(findings, console));
    console.out(summaryText(findings, { checked, notModelled }, known.length, console));
  }
  note(input, gone, console);
  return hasErrors(findings) ? 1 : 0;
}

function hasErrors(findings: readonly LocatedFinding[]): boolean {
  return findings.some(({ level }) => level === 'error');
}

function optionsOf({ trustedAccounts, homeAccount, protect, rule, also }: CheckSettings, deployment: Deployment): CheckOptions {
  const known = RULES.map(({ id }) => id);
  const wanted = (ids: readonly string[]): string[] => ids.map((id) => {
    const found = RULES.find((each) => each.id === id.toUpperCase() || each.name.toLowerCase() === id.toLowerCase());
    if (!found) throw new Unusable(`there is no rule '${id}': there are ${listed(known, 40)}`);
    return found.id;
  });
  return {
    ...(trustedAccounts && { trustedAccounts }),
    ...(homeAccount !== undefined && { homeAccount }),
    ...(protect && { protectedKeys: protect.map((reference) => findKey(deployment, reference).arn) }),
    ...(rule && { rules: wanted(rule) }),
    ...(also && { also: wanted(also) }),
  };
}

/** Two results on one stream are of use to nobody. */
function refuseTwice({ json, github, sarif, baseline, writeBaseline: write }: CheckSettings): void {
  const printed = [json && '--json', github && '--github', sarif === '-' && '--sarif -'].filter((option) => option);
  if (printed.length > 1) throw new Unusable(`${printed.join(' and ')} both print to standard output: give one, or --sarif with a file`);
  if (baseline !== undefined && write !== undefined) throw new Unusable('--baseline and --write-baseline: give one of them');
}

function writeSarif(file: string, text: string, console: Console): void {
  if (file === '-') {
    console.out(`${text}\n`);
    return;
  }
  try {
    writeFileSync(file, `${text}\n`);
  } catch (cause) {
    throw new Unusable(`cannot write '${file}': ${(cause as Error).message}`, { cause });
  }
}

function note({ skipped }: Input, gone: number, console: Console): void {
  const say = (text: string): void => console.err(`${hanging(`note: ${text}`, console.columns, '', '  ')}\n`);
  if (skipped.length) say(`${count(skipped.length, 'file is no template', 'files are no templates')}: ${listed(skipped, 5)}`);
  if (gone) say(`${count(gone, 'entry', 'entries')} of the baseline found no more: write it again to have less to look through`);
}
