import { deployersOf } from '../../template';
import { startLocalKms } from '../../testing';
import type { LocalKms, LocalRequest } from '../../testing';
import type { Console } from '../console';
import type { Input } from '../input/input';
import { DEPLOYER, DEPLOYER_IN_WORDS, findPrincipal, keyName } from '../names';
import { standInNote } from '../output/findings';
import { commented, count, paint } from '../output/text';
import { Unusable } from '../unusable';

/** How the local KMS is started and told of. */
export interface LocalSettings {
  readonly port?: number;
  /** Only these roles and users. @default - all of the templates */
  readonly as?: readonly string[];
  readonly json?: boolean;
}

/** What `keysmith local --json` prints first; a line for each call follows. */
export interface LocalJson {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  readonly keys: readonly { readonly name: string; readonly arn: string; readonly aliases: readonly string[] }[];
  readonly principals: readonly { readonly name: string; readonly arn: string; readonly environment: Readonly<Record<string, string>> }[];
  readonly openQuestions: readonly string[];
}

/** Serves the keys of the input until it is interrupted. @returns 0 */
export async function local(input: Input, settings: LocalSettings, console: Console): Promise<number> {
  const { json = false, port = 0 } = settings;
  const kms: LocalKms = await started(input, port, (request) => console.out(json ? `${JSON.stringify(request)}\n` : callLines(kms, request, console)));
  try {
    const facts = factsOf(kms, input, settings);
    console.out(json ? `${JSON.stringify(facts)}\n` : introduction(facts, input, console));
    await console.interrupted();
  } finally {
    await kms.stop();
  }
  if (!json) console.out(`\n# ${count(kms.requests.length, 'call')}, ${kms.requests.denied().length} denied\n`);
  return 0;
}

async function started({ deployment }: Input, port: number, onRequest: (request: LocalRequest) => void): Promise<LocalKms> {
  try {
    return await startLocalKms({ deployment, port, onRequest });
  } catch (cause) {
    throw new Unusable((cause as Error).message, { cause });
  }
}

function factsOf(kms: LocalKms, { deployment }: Input, { as }: LocalSettings): LocalJson {
  const everybody = [
    ...deployment.identities.map((identity) => ({ name: keyName(identity), arn: identity.arn })),
    ...[...deployersOf(deployment)].map((arn) => ({ name: DEPLOYER, arn })),
  ];
  const principals = as === undefined ? everybody : as.map((reference) => {
    const arn = findPrincipal(deployment, reference);
    return everybody.find((each) => each.arn === arn) ?? { name: reference, arn };
  });
  return {
    endpoint: kms.endpoint,
    account: kms.account,
    region: kms.region,
    keys: deployment.keys.map((key) => ({ name: keyName(key), arn: key.arn, aliases: key.aliases ?? [] })),
    principals: principals.map(({ name, arn }) => ({ name, arn, environment: environmentOf(kms, arn) })),
    openQuestions: kms.openQuestions,
  };
}

function environmentOf(kms: LocalKms, arn: string): Record<string, string> {
  try {
    return kms.environment(arn);
  } catch (cause) {
    throw new Unusable((cause as Error).message, { cause });
  }
}

/** What is the same for all, then a line to copy for each: secrets are longer than a line of a terminal, and good for this KMS only. */
function introduction(facts: LocalJson, { path, deployment }: Input, { columns, colours }: Console): string {
  const { strong, aside } = paint(colours);
  const comment = (text: string): string => aside(commented(text, columns));
  const standIns = standInNote(deployment);
  const ofAll = { AWS_ENDPOINT_URL_KMS: facts.endpoint, AWS_REGION: facts.region, AWS_DEFAULT_REGION: facts.region };
  const shared = Object.entries(facts.principals[0]?.environment ?? ofAll)
    .filter(([name]) => !SECRET.has(name)).map(([name, value]) => `export ${name}=${value}`);
  const each = facts.principals.flatMap(({ name, arn, environment }) => [
    strong(commented(name === DEPLOYER ? `${name}, ${DEPLOYER_IN_WORDS}` : name, columns)),
    ...(name === arn ? [] : [comment(arn)]),
    `export ${Object.entries(environment).filter(([variable]) => SECRET.has(variable)).map(([variable, value]) => `${variable}='${value}'`).join(' ')}`,
  ]);
  return [
    comment(`KMS with ${count(facts.keys.length, 'key')} of ${path}, until Ctrl-C. Programs and the AWS CLI reach it with these variables:`),
    ...(standIns === undefined ? [] : [comment(standIns)]),
    ...shared,
    ...(each.length === 0 ? [] : ['', ...each]),
    ...facts.openQuestions.map((question) => comment(`open: ${question}`)),
    '',
    comment('calls:'),
    '',
  ].join('\n');
}

const SECRET: ReadonlySet<string> = new Set(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

function callLines(kms: LocalKms, request: LocalRequest, { columns, colours }: Console): string {
  const { good, bad, aside } = paint(colours);
  const { who, via, operation, key, context, outcome, decidedBy } = kms.requests.summaryOf(request);
  const what = [`${who} ${operation}`, key && `on ${key}`, via && `through ${via}`, context && `with ${context}`].filter(Boolean).join(' ');
  const mark = request.error === undefined ? good : bad;
  const time = request.at.toISOString().slice(11, 19);
  return [
    commented(what, columns, `# ${time}  `, FURTHER),
    ...[mark(commented(outcome, columns, FURTHER, FURTHER)), ...(decidedBy ? [aside(commented(decidedBy, columns, FURTHER, FURTHER))] : [])],
    '',
  ].join('\n');
}

/** Calls follow what is to be copied: a shell passes over them, too. */
const FURTHER = '#           ';
