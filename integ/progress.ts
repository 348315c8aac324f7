/** Nothing is wrong, and nothing was tried: what the run needs is not here. */
export class Skipped extends Error {}

/** The run could not begin: the emulator cannot be installed or started. */
export class SetupFailure extends Error {}

/** Something was seen that should have been otherwise. */
export class Mismatch extends Error {}

/** Somebody ended the run. */
export class Interrupted extends Error {}

/** @throws Mismatch with the sentence, unless it holds */
export function ensure(holds: boolean, sentence: string): void {
  if (!holds) throw new Mismatch(sentence);
}

/** Tells what is going on, one line a step. */
export class Progress {
  private readonly started = performance.now();
  private steps = 0;

  constructor(private readonly interrupted: AbortSignal) {}

  /**
   * Does one step and prints its line: what it was, what was seen, how long it took.
   *
   * @param work ends early when somebody ends the run, or takes a few seconds at most
   * @param seen what to add to the sentence once it is done
   * @throws whatever `work` throws, after the line; Interrupted if somebody ended the run
   */
  public async step<T>(sentence: string, work: () => Promise<T>, seen: (result: T) => string = () => ''): Promise<T> {
    this.interrupted.throwIfAborted();
    const started = performance.now();
    const line = (mark: string, rest: string): void => console.log(`${mark}  ${sentence}${rest} (${secondsSince(started)})`);
    try {
      const result = await work();
      this.interrupted.throwIfAborted();
      const found = seen(result);
      line('ok', found && `: ${found}`);
      this.steps++;
      return result;
    } catch (error) {
      // What fails because the run was ended is no finding.
      this.interrupted.throwIfAborted();
      if (!(error instanceof Skipped)) line('✗ ', '');
      throw error;
    }
  }

  /** The closing line. */
  public get summary(): string {
    return `${this.steps} steps, all as they should be (${secondsSince(this.started)})`;
  }
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
