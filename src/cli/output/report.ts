import { seen, withRelated } from './findings';
import type { LocatedFinding } from './findings';
import { count, hanging, listed, paint } from './text';
import type { KmsRequest } from '../../authz';
import type { Report } from '../../checks';
import type { Console } from '../console';
import { keyName } from '../names';

/** Findings for people, by resource. */
export function findingsText(findings: readonly LocatedFinding[], console: Console): string {
  const byResource = new Map<string, LocatedFinding[]>();
  for (const finding of findings) {
    const { stack, logicalId } = finding.resource;
    const place = JSON.stringify([stack, logicalId]);
    byResource.set(place, [...byResource.get(place) ?? [], finding]);
  }
  return [...byResource.values()].map((group) => `${[heading(group[0], console), ...group.map((finding) => findingText(finding, console))].join('\n')}\n\n`).join('');
}

function heading({ resource, at }: LocatedFinding, { columns, colours }: Console): string {
  const { strong } = paint(colours);
  const construct = resource.path === undefined ? '' : ` (${resource.logicalId})`;
  return strong(hanging(`${keyName(resource)}${construct}${at.file === undefined ? '' : ` in ${at.file}`}`, columns, '', '  '));
}

const DEEP = '    ';

function findingText(finding: LocatedFinding, { columns, colours }: Console): string {
  const { bad, doubtful, aside } = paint(colours);
  const { rule, name, level, statement, at, request, fix, related } = finding;
  const mark = level === 'error' ? bad : doubtful;
  const where = [statement === undefined ? '' : `, statement '${statement}'`, at.line === undefined ? '' : `, line ${at.line}`].join('');
  const effects = [...new Set((related ?? []).flatMap(withRelated).map((each) => `${each.rule} ${each.name}`))];
  return [
    mark(hanging(`${level} ${rule} ${name}${where}`, columns, '  ', DEEP)),
    hanging(seen(finding), columns, DEEP),
    ...(request ? [aside(hanging(`request: ${requestText(request)}`, columns, DEEP, `${DEEP}  `))] : []),
    hanging(`fix: ${fix}`, columns, DEEP, `${DEEP}  `),
    ...(effects.length ? [aside(hanging(`with it goes: ${listed(effects)}`, columns, DEEP, `${DEEP}  `))] : []),
  ].join('\n');
}

/** Who asks for what, in words. */
export function requestText(request: Omit<KmsRequest, 'key'>): string {
  const { principal, action, encryptionContext, viaService, conditionKeys, aliasArn, requestedGrant } = request;
  const pairs = Object.entries(encryptionContext ?? {}).map(([key, value]) => `${key}=${value}`);
  const keys = Object.entries(conditionKeys ?? {}).map(([key, value]) => `${key} ${typeof value === 'string' ? value : value.join(' and ') || 'absent'}`);
  return [
    `${principal} ${action}`,
    ...(viaService === undefined ? [] : [`through ${viaService}`]),
    ...(encryptionContext === undefined ? [] : [pairs.length ? `context ${pairs.join(', ')}` : 'no context']),
    ...(aliasArn === undefined ? [] : [`alias ${aliasArn}`]),
    ...(requestedGrant ? [`a grant of ${requestedGrant.operations.join(', ')}`] : []),
    ...keys,
  ].join('; ');
}

/** How many of what, and what was not looked at. */
export function summaryText(findings: readonly LocatedFinding[], { checked, notModelled }: Omit<Report, 'findings'>, inBaseline: number, console: Console): string {
  const { strong, aside } = paint(console.colours);
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.length - errors;
  const found = findings.length ? listed([...(errors ? [count(errors, 'error')] : []), ...(warnings ? [count(warnings, 'warning')] : [])]) : 'no findings';
  const among = checked.keys === 0 ? `no keys in ${count(checked.templates, 'template')}`
    : `${count(checked.keys, 'key')}, ${count(checked.statements, 'statement')}, ${count(checked.templates, 'template')}`;
  return [
    strong(hanging(`${found}${inBaseline ? `, and ${inBaseline} more in the baseline` : ''}: ${among}`, console.columns, '', '  ')),
    aside(hanging(`Not looked at: ${listed(notModelled, 20)}.`, console.columns, '', '  ')),
    '',
  ].join('\n');
}
