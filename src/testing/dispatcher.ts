import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { KmsCaller, GonePrincipal, KeyDefinition, PrincipalDirectory, RequestRecord } from './engine';
import { KmsEngine, KmsException, OPERATION_NAMES } from './engine';
import type { Faults } from './faults';
import type { LocalRequest, RequestLog } from './requests';
import type { Decision, KmsRequest } from '../authz/types';

/** A caller, and the role or user behind it. */
export interface LocalCaller extends KmsCaller {
  readonly account: string;
  readonly region: string;
  readonly identityArn?: string;
  /** The unique id that the role or user had when the caller got its credentials. */
  readonly uniqueId?: string;
}

/** One request on its way through engine, faults and log. */
interface Journey {
  readonly requestId: string;
  readonly operation: string;
  readonly caller: LocalCaller;
  fault?: string;
  /** Faults for a key are met at the first authorization: later ones of the same request see none. */
  authorized: boolean;
  record?: RequestRecord;
}

/** @throws UnknownOperationException unless the local KMS has the operation; KMS itself sends no message */
export function requireOperation(operation: string): void {
  if (!OPERATION_NAMES.includes(operation)) throw new KmsException('UnknownOperationException', `the local KMS has no operation '${operation}'`);
}

/** What a dispatcher needs from outside. */
export interface DispatcherOptions {
  readonly account: string;
  readonly region: string;
  readonly clock: () => Date;
  readonly decide: (request: KmsRequest) => Decision;
  readonly principals: PrincipalDirectory;
  readonly faults: Faults;
  readonly requests: RequestLog;
}

/** The one way to the engine, for HTTP and in process: faults are met here, and every request is written down. */
export class Dispatcher {
  private readonly engine: KmsEngine;
  private readonly journeys = new AsyncLocalStorage<Journey>();

  constructor(private readonly options: DispatcherOptions) {
    const { account, region, clock, principals } = options;
    this.engine = new KmsEngine({
      account,
      region,
      clock,
      principals,
      authorize: (request) => this.authorize(request),
      onRequest: (record) => {
        const journey = this.journeys.getStore();
        if (journey) journey.record = record;
      },
    });
  }

  public addKey(definition: KeyDefinition): string {
    return this.engine.addKey(definition);
  }

  public addAlias(name: string, keyArn: string): void {
    this.engine.addAlias(name, keyArn);
  }

  public forget(gone: GonePrincipal): void {
    this.engine.forget(gone);
  }

  /**
   * One request.
   *
   * @throws KmsException as KMS would; ConnectionFault where a scripted fault breaks the connection
   */
  public async call(
    operation: string, input: Readonly<Record<string, unknown>>, caller: LocalCaller, transport: LocalRequest['transport'], requestId: string = randomUUID(),
  ): Promise<Record<string, unknown>> {
    const journey: Journey = { requestId, operation, caller, authorized: false };
    return this.journeys.run(journey, async () => {
      try {
        requireOperation(operation);
        this.requireCredentials(caller);
        await this.meetFaultsOnArrival(journey);
        const output = await this.engine.call(operation, input, caller);
        const reply = await this.meetFaultsInReply(journey, output);
        this.write(journey, transport);
        return reply;
      } catch (error) {
        this.write(journey, transport, error);
        throw error;
      }
    });
  }

  /** @throws UnrecognizedClientException for credentials of a role or user that was deleted since */
  private requireCredentials({ uniqueId }: LocalCaller): void {
    if (uniqueId === undefined || this.options.principals.arnOf(uniqueId) !== undefined) return;
    throw new KmsException('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }

  private authorize(request: KmsRequest): Decision {
    const journey = this.journeys.getStore();
    if (journey && !journey.authorized) {
      journey.authorized = true;
      const { operation, caller: { identityArn } } = journey;
      for (const fault of this.options.faults.take('authorization', { operation, identityArn, keyArn: request.key?.arn })) {
        journey.fault = fault.name;
        const error = this.options.faults.errorOf(fault);
        if (error) throw error;
      }
    }
    return this.options.decide({ ...request, conditionKeys: { ...this.ambient(), ...userId(journey?.caller), ...request.conditionKeys } });
  }

  /** Condition keys of the moment. */
  private ambient(): Record<string, string> {
    const now = this.options.clock();
    return { 'aws:CurrentTime': now.toISOString(), 'aws:EpochTime': String(Math.floor(now.getTime() / 1000)) };
  }

  private async meetFaultsOnArrival(journey: Journey): Promise<void> {
    const { operation, caller: { identityArn } } = journey;
    for (const fault of this.options.faults.take('arrival', { operation, identityArn })) {
      journey.fault = fault.name;
      if (fault.effect.kind === 'delay') await this.options.faults.pause(fault.effect.milliseconds);
      const error = this.options.faults.errorOf(fault);
      if (error) throw error;
    }
  }

  private async meetFaultsInReply(journey: Journey, output: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { operation, caller: { identityArn }, record } = journey;
    let reply = output;
    for (const fault of this.options.faults.take('reply', { operation, identityArn, keyArn: record?.keyArn })) {
      journey.fault = fault.name;
      if (fault.effect.kind === 'delay') await this.options.faults.pause(fault.effect.milliseconds);
      if (fault.effect.kind === 'reply') reply = fault.effect.change(reply);
    }
    return reply;
  }

  private write({ requestId, operation, caller, fault, record }: Journey, transport: LocalRequest['transport'], error?: unknown): void {
    const { principal, account, region, viaService, conditionKeys } = caller;
    const sourceArn = conditionKeys?.['aws:SourceArn'];
    this.options.requests.add({
      ...(record ?? { at: this.options.clock(), principal, account, region, operation, authorizations: [], ...(viaService && { viaService }) }),
      ...(error instanceof Error && { error: error.name, errorMessage: error.message }),
      requestId,
      transport,
      ...(typeof sourceArn === 'string' && { sourceArn }),
      ...(fault && { fault }),
    });
  }
}

/** `aws:userid` (IAM User Guide, "IAM policy elements: Variables and tags", principal key values): of a role with the name of its session. */
function userId({ uniqueId, principal }: Partial<LocalCaller> = {}): Record<string, string> {
  if (uniqueId === undefined) return {};
  const session = /:assumed-role\/[^/]+\/(.+)$/.exec(principal ?? '')?.[1];
  return { 'aws:userid': session === undefined ? uniqueId : `${uniqueId}:${session}` };
}
