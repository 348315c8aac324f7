import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeployedAccount } from './deployed';
import { ensure } from './progress';

const DAY = 24 * 60 * 60 * 1000;

/** What bootstrapping made and destroying the application leaves. */
const TOOLKIT = 'CDKToolkit';

/** A key that was deployed, and what its template says is to become of it. */
interface DeployedKey {
  readonly name: string;
  readonly keyId: string;
  readonly retained: boolean;
  readonly pendingDays: number;
}

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: { readonly PendingWindowInDays?: number };
}

/** The keys that the stacks of an assembly have deployed. Asked before they are destroyed: afterwards nothing tells their ids. */
export async function deployedKeys(assembly: string, account: DeployedAccount): Promise<DeployedKey[]> {
  const files = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  const keys = await Promise.all(files.map(async (file) => {
    const { Resources = {} } = JSON.parse(readFileSync(join(assembly, file), 'utf8')) as { readonly Resources?: Readonly<Record<string, Resource>> };
    const deployed = await account.resources(file.replace('.template.json', ''));
    return Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::KMS::Key').map(([name, { DeletionPolicy = 'Delete', Properties }]) => ({
      name,
      keyId: deployed.get(name)!.physicalId,
      retained: DeletionPolicy !== 'Delete',
      pendingDays: Properties?.PendingWindowInDays ?? 30,
    }));
  }));
  return keys.flat();
}

/**
 * Looks for what is left when the application was destroyed: no stack, function, role or alias; of the keys what their removal policies say.
 *
 * @throws Mismatch for anything else
 */
export async function checkLeftovers(account: DeployedAccount, keys: readonly DeployedKey[]): Promise<string> {
  const left = {
    stacks: (await account.stacks()).filter((name) => name !== TOOLKIT),
    functions: await account.functionNames(),
    roles: (await account.roles()).map(({ RoleName }) => RoleName!).filter((name) => !name.startsWith('cdk-')),
    aliases: ((await account.kms.listAliases({})).Aliases ?? []).map(({ AliasName }) => AliasName!).filter((name) => !name.startsWith('alias/aws/')),
  };
  for (const [kind, names] of Object.entries(left)) ensure(names.length === 0, `${kind} are left: ${names.join(', ')}`);

  const fates = await Promise.all(keys.map(async ({ name, keyId, retained, pendingDays }) => {
    const { KeyState, DeletionDate } = (await account.kms.describeKey({ KeyId: keyId })).KeyMetadata!;
    if (retained) {
      ensure(KeyState === 'Enabled', `${name} is to be retained and is ${KeyState}`);
      return 'retained';
    }
    ensure(KeyState === 'PendingDeletion', `${name} is to be deleted and is ${KeyState}`);
    const days = Math.round((DeletionDate!.getTime() - Date.now()) / DAY);
    ensure(days === pendingDays, `${name} is deleted in ${days} days, and its window is ${pendingDays}`);
    return `deleted in ${days} days`;
  }));
  return [...new Set(fates)].map((fate) => `${fates.filter((other) => other === fate).length} ${fate}`).join(', ');
}
