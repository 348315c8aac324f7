import type { JoseAlgorithm, JoseKeyOptions } from '../../../../src/runtime';
import { SIGNING } from '../../../../src/spec/signing';
import { startLocalKms } from '../../../../src/testing';
import type { LocalKms, LocalKmsPort } from '../../../../src/testing';

/** Every algorithm that JOSE has a name for. */
export const JOSE_ALGORITHMS = (Object.keys(SIGNING) as Array<keyof typeof SIGNING>).filter((name) => SIGNING[name].jose) as JoseAlgorithm[];

/** RSA of 2048 bits, which is quick to make. */
export const specFor = (algorithm: JoseAlgorithm) => (/^[RP]S/.test(algorithm) ? 'RSA_2048' as const : SIGNING[algorithm].keySpecs[0]);

const aliasOf = (algorithm: JoseAlgorithm): string => `alias/${algorithm}`;

/** A local KMS with a key for each algorithm, or for those named. */
export class TokenKeys {
  public static async start(algorithms: readonly JoseAlgorithm[] = JOSE_ALGORITHMS): Promise<TokenKeys> {
    return new TokenKeys(await startLocalKms({
      keys: algorithms.map((algorithm) => ({ spec: specFor(algorithm), usage: 'SIGN_VERIFY', aliases: [aliasOf(algorithm)] })),
      principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }, { arn: 'arn:aws:iam::111122223333:role/Nobody' }],
    }));
  }

  private constructor(public readonly local: LocalKms) {}

  public port(role = 'App'): LocalKmsPort {
    return this.local.port(role);
  }

  public key(algorithm: JoseAlgorithm): JoseKeyOptions {
    return { kms: this.port(), keyArn: this.local.keyArn(aliasOf(algorithm)), algorithm, keySpec: specFor(algorithm) };
  }

  public stop(): Promise<void> {
    return this.local.stop();
  }
}
