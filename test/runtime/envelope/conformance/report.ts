/** What came of the vectors of one file. */
export interface FileReport {
  readonly file: string;
  readonly passed: number;
  readonly failed: ReadonlyArray<{ readonly id: string; readonly why: string }>;
  /** Vectors that could not be tried, with the reasons and how often. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Outcome of one vector: `undefined` when it passes, a reason when it fails. */
export type Outcome = string | undefined;

/** Says why a vector is not tried. */
export class Skip extends Error {}

/** Counts outcomes. */
export class Tally {
  #passed = 0;
  readonly #failed: Array<{ id: string; why: string }> = [];
  readonly #skipped: Record<string, number> = {};

  public async try(id: string, attempt: () => Promise<Outcome> | Outcome): Promise<void> {
    try {
      const why = await attempt();
      if (why === undefined) this.#passed += 1;
      else this.#failed.push({ id, why });
    } catch (error) {
      if (error instanceof Skip) this.#skipped[error.message] = (this.#skipped[error.message] ?? 0) + 1;
      else this.#failed.push({ id, why: String(error) });
    }
  }

  public report(file: string): FileReport {
    return { file, passed: this.#passed, failed: this.#failed, skipped: this.#skipped };
  }
}
