import type { Bookkeeper } from './app';
import type { DeployedAccount } from './deployed';
import { deployedPlace, Place, synthesizedPlace } from './places';
import { ensure } from './progress';
import { askEverything, Decided } from './questions';

/** What the bookkeeper may do with the invoices' key after each deployment. */
const BOOKKEEPER_MAY: Readonly<Record<Bookkeeper, { readonly action: string; readonly decrypt: string; readonly encrypt: string }>> = {
  reads: { action: 'kms:Decrypt', decrypt: 'allowed', encrypt: 'AccessDeniedException' },
  writes: { action: 'kms:Encrypt', decrypt: 'AccessDeniedException', encrypt: 'allowed' },
};

/** What was seen of the deployed key policies. */
export interface PoliciesSeen {
  readonly questions: number;
  readonly allowed: number;
  readonly statements: number;
  /** Key ids by construct path. */
  readonly keyArns: ReadonlyMap<string, string>;
}

/**
 * Reads the deployed key policies and roles back, and asks them on a local KMS what the synthesized ones are asked.
 *
 * @throws Mismatch where the two decide differently, or not as this deployment should; where a policy names a role that does not exist
 */
export async function checkPolicies(assembly: string, account: DeployedAccount, bookkeeper: Bookkeeper): Promise<PoliciesSeen> {
  const synthesized = await synthesizedPlace(assembly);
  try {
    const deployed = await deployedPlace(synthesized, account);
    try {
      await checkPrincipals(deployed, account);
      checkGrant(deployed, bookkeeper);
      const decided = await askEverything(deployed, synthesized);
      checkAlike(decided, await askEverything(synthesized, synthesized));
      checkBookkeeper(decided, bookkeeper);
      const allowed = decided.filter(({ outcome }) => outcome === 'allowed').length;
      ensure(allowed > 0 && allowed < decided.length, `${allowed} of ${decided.length} requests are allowed: they tell nothing apart`);
      return {
        questions: decided.length,
        allowed,
        statements: deployed.keys.reduce((sum, { policy }) => sum + statementsOf(policy).length, 0),
        keyArns: new Map(deployed.keys.map(({ path, arn }) => [path, arn])),
      };
    } finally {
      await deployed.local.stop();
    }
  } finally {
    await synthesized.local.stop();
  }
}

/** KMS refuses a policy that names somebody who does not exist; the emulator takes it. */
async function checkPrincipals({ keys }: Place, account: DeployedAccount): Promise<void> {
  const known = new Set((await account.roles()).map(({ Arn }) => Arn));
  known.add(`arn:aws:iam::${account.target.account}:root`);
  for (const { path, policy } of keys) {
    for (const statement of statementsOf(policy)) {
      const strangers = principalsOf(statement).filter((arn) => !known.has(arn));
      ensure(strangers.length === 0, `the deployed policy of ${path} names ${strangers.join(', ')} in '${statement.Sid}': there is no such role`);
    }
  }
}

/** The statements that name the bookkeeper: this deployment's is there, and the other one's is not. */
function checkGrant({ keys, roles }: Place, bookkeeper: Bookkeeper): void {
  const role = roles.get('Invoices/Bookkeeper')!;
  const { policy } = keys.find(({ path }) => path === 'Invoices/InvoiceData')!;
  const actions = statementsOf(policy).filter((statement) => principalsOf(statement).includes(role)).flatMap(({ Action = [] }) => Action);
  const { action } = BOOKKEEPER_MAY[bookkeeper];
  ensure(actions.join() === action, `the deployed policy gives the bookkeeper ${actions.join(', ') || 'nothing'}: it should be ${action}`);
}

function checkBookkeeper(decided: readonly Decided[], bookkeeper: Bookkeeper): void {
  const { decrypt, encrypt } = BOOKKEEPER_MAY[bookkeeper];
  for (const [operation, expected] of [['Decrypt', decrypt], ['Encrypt', encrypt]]) {
    const question = `Invoices/Bookkeeper: ${operation} under the context with Invoices/InvoiceData`;
    const outcome = decided.find((row) => row.question === question)?.outcome;
    ensure(outcome === expected, `${question}: ${outcome} by the deployed policy, expected ${expected}`);
  }
}

function checkAlike(deployed: readonly Decided[], synthesized: readonly Decided[]): void {
  const told = ({ outcome, by }: Decided): string => `${outcome}${by && ` by ${by}`}`;
  const differences = deployed.flatMap((row, index) => {
    const other = synthesized[index];
    return row.question === other.question && told(row) === told(other) ? [] : [`${row.question}: deployed ${told(row)}, synthesized ${told(other)}`];
  });
  ensure(
    differences.length === 0 && deployed.length === synthesized.length,
    `${differences.length} of ${deployed.length} requests are decided otherwise by the deployed policies:\n${differences.slice(0, 10).join('\n')}`,
  );
}

type Policy = Place['keys'][number]['policy'];
type Statement = Extract<Policy['Statement'], { readonly Effect: unknown }>;

function statementsOf({ Statement }: Policy): Statement[] {
  return [Statement].flat() as Statement[];
}

function principalsOf({ Principal }: Statement): string[] {
  if (Principal === undefined) return [];
  return typeof Principal === 'string' ? [Principal] : [Principal.AWS ?? []].flat();
}
