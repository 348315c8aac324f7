import { TemplateError } from './errors';

/** Values that are worked out on demand, once each, and never by way of themselves. */
export class EvaluatedValues {
  private readonly done = new Map<string, unknown>();
  private readonly underWay: string[] = [];

  public isUnderWay(name: string): boolean {
    return this.underWay.includes(name);
  }

  /** The value called `name`; throws ERR_TEMPLATE_CYCLE if working it out asks for it again. */
  public get<T>(name: string, compute: () => T): T {
    if (this.done.has(name)) return this.done.get(name) as T;
    const start = this.underWay.indexOf(name);
    if (start >= 0) throw new TemplateError('ERR_TEMPLATE_CYCLE', `values depend on each other: ${[...this.underWay.slice(start), name].join(' → ')}`);
    this.underWay.push(name);
    try {
      const value = compute();
      this.done.set(name, value);
      return value;
    } finally {
      this.underWay.pop();
    }
  }
}
