import { valueInWords } from '../app/arguments';

/** What a value has to be for its checks to read it: languages without types hand over anything. */
type Kind = 'text' | 'texts' | { readonly each: Shape } | { readonly one: Shape };

/** The members of an object; `?` follows those that may be absent. */
interface Shape {
  readonly [member: string]: Kind;
}

const WANTED: Shape = { 'path': 'text', 'value?': 'text' };
const REFERRING: Shape = { resourceType: 'text', path: 'text' };

const PLACE: Shape = {
  'resourceType': 'text',
  'path': 'text',
  'policyPath?': 'text',
  'policyAction?': 'text',
  'arn?': 'text',
  'nameAfter?': 'text',
  'unlessPath?': 'text',
  'having?': { one: WANTED },
  'namedHaving?': { one: WANTED },
  'senderPath?': 'text',
  'actsBy?': { one: REFERRING },
};

const ROW: Shape = {
  'sid': 'text',
  'page': 'text',
  'date': 'text',
  'actions': 'texts',
  'via?': 'text',
  'principal?': 'text',
  'principalInCdk?': 'text',
  'rolePath?': 'text',
  'userActions?': 'texts',
  'usersOf?': 'text',
  'sourceArn?': 'text',
  'sourceAccount?': 'text',
  'sourceAccountsIn?': { each: { path: 'text' } },
  'namedIn?': { each: PLACE },
  'resourceTypes?': 'texts',
  'having?': { one: WANTED },
  'grantOperations?': 'texts',
  'context?': { one: { 'key': 'text', 'values?': 'texts', 'imported?': { each: { property: 'text', values: 'texts' } } } },
};

const SERVICE: Shape = {
  'name': 'text',
  'title': 'text',
  'keyProperties': { each: { resourceType: 'text', path: 'text' } },
  'resourceNames?': { each: { resourceType: 'text', property: 'text' } },
  'rows': { each: ROW },
};

/** What of a service's description is not even of its type, a sentence each. */
export function misshapenIn(service: unknown): string[] {
  return membersOf(service, SERVICE, '');
}

function membersOf(value: unknown, shape: Shape, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at || 'it'} is ${valueInWords(value)}: give it an object with ${Object.keys(shape).filter((member) => !member.endsWith('?')).join(', ')}`];
  return Object.entries(shape).flatMap(([member, kind]) => {
    const name = member.replace('?', '');
    const given = (value as Readonly<Record<string, unknown>>)[name];
    return given === undefined && name !== member ? [] : misshapen(given, kind, at ? `${at}.${name}` : name);
  });
}

function misshapen(value: unknown, kind: Kind, at: string): string[] {
  if (kind === 'text') return typeof value === 'string' ? [] : [`${at} is ${valueInWords(value)}: give it a text`];
  if (typeof kind === 'object' && 'one' in kind) return membersOf(value, kind.one, at);
  if (!Array.isArray(value)) return [`${at} is ${valueInWords(value)}: give it a list`];
  return value.flatMap((each, i) => (kind === 'texts' ? misshapen(each, 'text', `${at}[${i}]`) : membersOf(each, kind.each, `${at}[${i}]`)));
}
