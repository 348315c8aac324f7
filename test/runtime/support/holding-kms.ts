import type { CallOptions, KmsPort } from '../../../src/runtime';

type Operation = keyof KmsPort;

/** How KMS behaves while a call is aborted: as the SDK's client, or as one that has never heard of signals. */
export type Manner = 'heeds its signal' | 'does not heed its signal';

/** KMS that answers as another does, when it is let: until then its calls wait. */
export class HoldingKms {
  public readonly calls: Array<{ readonly operation: Operation; readonly abortSignal?: AbortSignal }> = [];
  public readonly port: KmsPort;
  /** Which operations wait. */
  public held: readonly Operation[] = [];
  #released: Array<() => void> = [];

  constructor(port: Partial<KmsPort>, private readonly manner: Manner = 'heeds its signal') {
    this.port = Object.fromEntries(Object.entries(allOf(port)).map(([name, call]) => [name, async (input: never, options?: CallOptions) => {
      this.calls.push({ operation: name as Operation, abortSignal: options?.abortSignal });
      if (this.held.includes(name as Operation)) await this.#wait(options?.abortSignal);
      return call(input, options);
    }])) as unknown as KmsPort;
  }

  /** Lets everybody go on who waits now, and resolves when a call is under way. */
  public release(): void {
    for (const go of this.#released.splice(0)) go();
  }

  /** Resolves when as many calls have been made as that. */
  public async called(count = 1): Promise<void> {
    for (let turn = 0; this.calls.length < count; turn++) {
      if (turn > 1000) throw new Error(`${this.calls.length} calls, expected ${count}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #wait(abortSignal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#released.push(resolve);
      if (this.manner === 'does not heed its signal') return;
      // As smithy's node-http-handler does.
      abortSignal?.addEventListener('abort', () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' })), { once: true });
    });
  }
}

function allOf(port: Partial<KmsPort>): Record<string, (input: never, options?: CallOptions) => Promise<unknown>> {
  const names: Operation[] = ['encrypt', 'decrypt', 'generateDataKey', 'sign', 'verify', 'describeKey', 'getPublicKey'];
  return Object.fromEntries(names.map((name) => [name, async (input: never, options?: CallOptions) => port[name]!(input, options)]));
}
