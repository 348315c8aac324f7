import type { CustomResourceEvent, CustomResourceSurroundings } from './custom-resource';
import { customResource } from './custom-resource';
import { settingsIn } from './environment';
import { attachedKeys } from './jwks';
import { publishedFiles, publishedSet, type PublishedFile } from './published-keys';
import type { AttachedKeyOptions, Environment } from '../runtime';
import { JWKS_ENDPOINT, type JwksEndpointContract } from '../spec/signing-api';

/** Where files are published: a bucket. */
export interface PublishedFolder {
  put(file: PublishedFile, cacheControl: string): Promise<void>;
  /** Paths of all the files there are. */
  list(): Promise<string[]>;
  delete(path: string): Promise<void>;
}

/** What writes key sets at deployment is made of. */
export interface JwksPublisherOptions extends CustomResourceSurroundings {
  readonly kms: AttachedKeyOptions['kms'];
  readonly env: Environment;
  readonly folder: PublishedFolder;
}

/** Writes the public keys into a bucket when they change, and takes away what is published no longer: first what is new, so that no set names a file that is not there. */
export function createJwksPublisher({ kms, env, folder, ...surroundings }: JwksPublisherOptions): (event: CustomResourceEvent) => Promise<void> {
  return customResource(async ({ RequestType, PhysicalResourceId, StackId, LogicalResourceId }) => {
    const files = RequestType === 'Delete' ? [] : await current(kms, env);
    for (const { file, cacheControl } of files) await folder.put(file, cacheControl);
    const kept = new Set(files.map(({ file }) => file.path));
    for (const path of await folder.list()) if (!kept.has(path)) await folder.delete(path);
    return { physicalId: PhysicalResourceId ?? `${StackId}/${LogicalResourceId}` };
  }, surroundings);
}

async function current(kms: AttachedKeyOptions['kms'], env: Environment) {
  const contract = settingsIn<JwksEndpointContract>(JWKS_ENDPOINT, env);
  const files = publishedFiles(await publishedSet(attachedKeys(contract, { kms, env })), contract);
  const cacheControl = `public, max-age=${contract.maxAgeSeconds}`;
  // PEMs before the set.
  return [...files].reverse().map((file) => ({ file, cacheControl }));
}
