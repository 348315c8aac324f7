import type { PrincipalDirectory } from './engine';
import { awsPrincipalsIn } from './engine';
import type { Principals } from './principals';
import type { PolicyDocument } from '../authz/types';

/** IAM User Guide, "IAM identifiers". */
const UNIQUE_ID = /^A(?:ID|RO)A[A-Z0-9]{12,}$/;

const IAM_ARN = /^arn:[^:]+:(?:iam|sts)::(\d{12}):(.+)$/;

/** Roles that services make for themselves in an account. */
const OF_SERVICES = /^role\/aws-(service-role|reserved)\//;

/**
 * Who there is in IAM. In the accounts of the local KMS's own stacks and keys that is whoever may call, and whoever the policies name
 * that keys start with: KMS would have refused them otherwise. Who there is in other accounts nobody here knows.
 */
export class LocalDirectory implements PrincipalDirectory {
  private readonly taken = new Set<string>();

  constructor(private readonly principals: Principals, private readonly accounts: ReadonlySet<string>) {}

  public exists(principal: string): boolean {
    return this.taken.has(principal) || this.isTold(principal);
  }

  public arnOf(uniqueId: string): string | undefined {
    return this.principals.arnOf(uniqueId);
  }

  /**
   * Takes whoever a policy names to exist.
   *
   * @returns those that nothing but policies tells of
   */
  public take(policy: PolicyDocument): string[] {
    const strangers = [...new Set(awsPrincipalsIn(policy))].filter((principal) => !this.isTold(principal));
    for (const stranger of strangers) this.taken.add(stranger);
    return strangers;
  }

  private isTold(principal: string): boolean {
    if (UNIQUE_ID.test(principal)) return this.arnOf(principal) !== undefined;
    const [, account, resource] = IAM_ARN.exec(principal) ?? [];
    if (account === undefined || !this.accounts.has(account)) return true;
    return resource === 'root' || OF_SERVICES.test(resource) || resource.startsWith('federated-user/') || this.principals.has(principal);
  }
}
