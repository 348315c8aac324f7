import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, Pair, parseDocument, Scalar, visit, YAMLMap } from 'yaml';
import type { Document, Tags, YAMLSeq } from 'yaml';
import type { Path } from './template-text';
import { Unusable } from '../unusable';

/** CloudFormation User Guide, "Intrinsic function reference": what has a short form `!Name`, besides `!Ref` and `!Condition`. */
const FUNCTIONS = [
  'And', 'Base64', 'Cidr', 'Contains', 'EachMemberEquals', 'EachMemberIn', 'Equals', 'FindInMap', 'ForEach', 'GetAtt', 'GetAZs', 'GetStackOutput', 'If',
  'ImportValue', 'Join', 'Length', 'Not', 'Or', 'RefAll', 'Select', 'Split', 'Sub', 'ToJsonString', 'Transform', 'ValueOf', 'ValueOfAll',
];

const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ['!Ref', 'Ref'], ['!Condition', 'Condition'], ...FUNCTIONS.map((name) => [`!${name}`, `Fn::${name}`] as const),
]);

/** What CloudFormation takes as text: "The CloudFormation YAML … doesn't support … binary, omap, pairs, set, and timestamp" (User Guide, "Template format"). */
const TEXT_ONLY = ['binary', 'omap', 'pairs', 'set', 'timestamp'];

/** A template in YAML, with the places of what is in it. */
export interface YamlText {
  readonly value: unknown;
  offsetOf(path: Path): number;
}

/**
 * Reads YAML as CloudFormation does: version 1.1, with short forms of functions, and with names and odd numbers as they are written.
 *
 * @throws Unusable with the line of each thing that is wrong, at most a few of them
 */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parsed(text, file, lines);
  const faults = [...document.errors, ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
  if (faults.length) {
    const told = faults.slice(0, 3).map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${firstLine(message)}`);
    throw new Unusable(`${file} is no YAML that CloudFormation reads. ${told.join('; ')}${faults.length > told.length ? `; and ${faults.length - told.length} more` : ''}`);
  }
  keepAsWritten(document);
  try {
    return { value: document.toJS() as unknown, offsetOf: (path) => offsetIn(document, path) };
  } catch (cause) {
    throw new Unusable(`${file} is no YAML that CloudFormation reads: ${(cause as Error).message}`, { cause });
  }
}

function parsed(text: string, file: string, lineCounter: LineCounter): Document.Parsed {
  try {
    const customTags = (tags: Tags): Tags => [...tags.filter((tag) => !isTextOnly(tag)), ...shortForms()];
    return parseDocument(text, { version: '1.1', lineCounter, customTags, logLevel: 'error' });
  } catch (cause) {
    throw new Unusable(`${file} is nested too deeply to be a template: ${(cause as Error).message}`, { cause });
  }
}

function isTextOnly(tag: Tags[number]): boolean {
  const name = typeof tag === 'string' ? tag : tag.tag.replace('tag:yaml.org,2002:', '');
  return TEXT_ONLY.includes(name);
}

function shortForms(): Tags {
  return [...SHORT_FORMS].flatMap(([tag, name]): Tags => [
    { tag, resolve: (text: string) => ({ [name]: text }) },
    { tag, collection: 'seq', resolve: (list) => wrapped(name, list as YAMLSeq) },
    { tag, collection: 'map', resolve: (map) => wrapped(name, map as YAMLMap) },
  ]);
}

function wrapped(name: string, argument: YAMLSeq | YAMLMap): YAMLMap {
  const map = new YAMLMap();
  map.items.push(new Pair(new Scalar(name), argument));
  return map;
}

/** `N` and `012345678901` are names and account ids to their writers, though YAML 1.1 makes a boolean and a number of them. */
function keepAsWritten(document: Document.Parsed): void {
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.source !== undefined && typeof key.value !== 'string') key.value = key.source;
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'number' && scalar.source !== undefined && String(scalar.value) !== scalar.source) scalar.value = scalar.source;
    },
  });
}

function offsetIn(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = offsetOfNode(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const inner: unknown = isMap(node) ? node.items.find(({ key }) => (isScalar(key) ? key.value : key) === step)
      : isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
    if (inner === undefined) break;
    offset = (isPair(inner) ? offsetOfNode(inner.key) ?? offsetOfNode(inner.value) : offsetOfNode(inner)) ?? offset;
    node = isPair(inner) ? inner.value : inner;
  }
  return offset;
}

function offsetOfNode(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function firstLine(message: string): string {
  return message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, '').replace(/^Unresolved tag: (.*)$/, 'CloudFormation has no tag $1');
}
