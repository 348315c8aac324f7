/** Input that the command cannot use: its message is for people, and the command ends with status 2. */
export class Unusable extends Error {
  public constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Unusable';
  }
}
