import { parseKeyArn } from '../key-arn';

/** A key in a Region. */
export interface Route {
  readonly region: string;
  readonly keyId: string;
  readonly isReplica: boolean;
}

/** Where a key lives when its name does not say so: wherever the client points. */
export const CLIENT_REGION = 'default';

/**
 * The key where it was asked for, and its replicas. Only multi-Region keys have them: another key never stands in.
 * KMS Developer Guide, "Multi-Region keys": related keys share key id, account, partition and material.
 */
export function routesTo(keyId: string, replicaRegions: readonly string[]): [Route, ...Route[]] {
  const key = parseKeyArn(keyId);
  if (!key) return [{ region: regionIn(keyId), keyId, isReplica: false }];
  const own = { region: key.region, keyId, isReplica: false };
  if (!key.keyId.startsWith('mrk-')) return [own];
  const replicas = replicaRegions.filter((region) => region !== key.region).map((region) => ({
    region, keyId: keyId.replace(`:${key.region}:`, `:${region}:`), isReplica: true,
  }));
  return [own, ...replicas];
}

/** Aliases have ARNs with a Region, too. */
function regionIn(keyId: string): string {
  const [arn, , service, region] = keyId.split(':');
  return arn === 'arn' && service === 'kms' && region ? region : CLIENT_REGION;
}
