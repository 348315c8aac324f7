import type { LocalCaller } from '../dispatcher';
import type { Members } from '../port';
import { CONTEXT_MEMBERS } from './facts';
import type { Sealed } from './sealed';
import type { EncryptionContext } from '../../runtime/kms-port';

/** What a service keeps of a resource: the wrapped data key, its context, and what is under it. */
export interface StoredResource {
  readonly keyArn: string;
  readonly wrapped: Uint8Array;
  readonly context: EncryptionContext;
  readonly content?: Sealed;
  /** Grant and grantee, for services that work under one. */
  readonly grant?: { readonly grantId: string; readonly grantee: LocalCaller };
  /** Of a secret. */
  readonly versionId?: string;
}

/** What all services of one local KMS share. */
export interface ServiceStage {
  /** Resources by service and ARN, whoever made them. */
  readonly resources: Map<string, StoredResource>;
  call(operation: string, input: Members, caller: LocalCaller): Promise<Members>;
  /** ARN of a key, however it is named. */
  keyArn(reference: string): string;
  /** A role as it calls. */
  caller(reference: string, session: { readonly region: string; readonly sessionName: string }): LocalCaller;
}

/** One use of a service: who asks it, and for which resource. */
export interface ServiceUse {
  readonly service: string;
  readonly region: string;
  readonly caller: LocalCaller;
  /** ARN of the resource, where one is meant. */
  readonly resource?: string;
  /** Key of the resource, where it is known. */
  readonly key?: string;
  /** What the service sends. */
  readonly context: EncryptionContext;
}

/** Calls to KMS that a service makes, for a principal or as itself. */
export class ServiceSession {
  /** The encryption context that goes with every call that takes one and is given none. */
  public readonly encryptionContext: EncryptionContext;

  constructor(protected readonly stage: ServiceStage, protected readonly use: ServiceUse) {
    this.encryptionContext = use.context;
  }

  /**
   * Any operation of KMS as the service would call it.
   *
   * @throws KmsException: `name` is the error's code
   */
  public call(operation: string, input: Members = {}): Promise<Members> {
    return this.callAs(this.use.caller, operation, input);
  }

  protected callAs(caller: LocalCaller, operation: string, input: Members): Promise<Members> {
    return this.stage.call(operation, this.withContext(operation, input), caller);
  }

  /** The ARN of the resource this session is about. */
  protected get resource(): string {
    if (!this.use.resource) throw new Error(`this needs the resource: via('${this.use.service}', principal, { resource: 'arn:…' })`);
    return this.use.resource;
  }

  /** The key of the resource. */
  protected get key(): string {
    const { key, service } = this.use;
    if (!key) throw new Error(`no template here says which key ${this.resource} is encrypted with: via('${service}', principal, { resource, key })`);
    return this.stage.keyArn(key);
  }

  protected keep(resource: string, stored: StoredResource): void {
    this.stage.resources.set(`${this.use.service} ${resource}`, stored);
  }

  protected forget(resource: string): void {
    this.stage.resources.delete(`${this.use.service} ${resource}`);
  }

  /** @throws Error if nobody made the resource through this local KMS; `make` is the flow that does */
  protected stored(resource: string, make: string): StoredResource {
    const stored = this.stage.resources.get(`${this.use.service} ${resource}`);
    if (!stored) throw new Error(`${resource} has not been made here: let somebody call ${make} first`);
    return stored;
  }

  private withContext(operation: string, input: Members): Members {
    const members = Object.hasOwn(CONTEXT_MEMBERS, operation) ? CONTEXT_MEMBERS[operation] : [];
    if (!Object.keys(this.encryptionContext).length) return input;
    return { ...Object.fromEntries(members.map((member) => [member, this.encryptionContext])), ...input };
  }
}
