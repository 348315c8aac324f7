/** The largest record that is taken: CloudTrail's are 1 MB at most ("Quotas in AWS CloudTrail"). */
const RECORD_AT_MOST = 4 * 1024 * 1024;

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, SPACE, NEWLINE] = Buffer.from('"\\{}[], \n');

/**
 * Cuts the text of a trail file into the texts of its records, as it comes: `{"Records":[…]}` as CloudTrail writes it, an array, or one record a line.
 * What has gone by is not kept.
 *
 * It looks for where objects end and no more: whether each is JSON is for JSON.parse to say.
 */
export class RecordSplitter {
  private depth = 0;
  private inText = false;
  private escaped = false;
  /** How deep records stand: 0 one a line, 1 in an array, 2 in `Records`; nowhere once they are over. Unknown until the text has begun. */
  private recordsAt?: number;
  /** Pieces of a record that has begun. */
  private begun: Buffer[] = [];
  private begunLength = 0;
  private head = Buffer.alloc(0);
  /** Entries that are no objects, and whether one has begun. */
  private others = 0;
  private inOther = false;

  constructor(private readonly onRecord: (text: string) => void) {}

  /** @throws Error for a text that does not begin as a trail file does, and for a record that is too large */
  write(chunk: Buffer): void {
    const bytes = this.recordsAt === undefined ? this.begin(chunk) : chunk;
    if (bytes.length) this.scan(bytes);
  }

  /**
   * @returns how many entries were no objects
   * @throws Error if the text ends within a record, or had no beginning
   */
  end(): number {
    const few = this.head;
    if (this.recordsAt === undefined && /^\s*\{\s*"/.test(few.toString('latin1'))) {
      this.recordsAt = 0;
      this.scan(few);
    }
    if (this.recordsAt === undefined) throw new Error('it does not begin as a file of CloudTrail');
    if (this.depth !== 0 || this.inText) throw new Error('it ends within a record: it is cut off');
    return this.others;
  }

  private begin(chunk: Buffer): Buffer {
    this.head = Buffer.concat([this.head, chunk]);
    const start = this.head.subarray(0, 200).toString('latin1');
    if (/^(?:\u00ef\u00bb\u00bf)?\s*\{\s*"Records"\s*:\s*\[/.test(start)) this.recordsAt = 2;
    else if (/^(?:\u00ef\u00bb\u00bf)?\s*\[/.test(start)) this.recordsAt = 1;
    else if (this.head.length < 200) return Buffer.alloc(0);
    else if (/^(?:\u00ef\u00bb\u00bf)?\s*\{\s*"/.test(start)) this.recordsAt = 0;
    else throw new Error('it does not begin as a file of CloudTrail');
    const { head } = this;
    this.head = Buffer.alloc(0);
    return head;
  }

  private scan(bytes: Buffer): void {
    let recordsAt = this.recordsAt!;
    let { depth, inText, escaped } = this;
    let from = this.begunLength > 0 ? 0 : -1;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inText = false;
      } else if (byte === QUOTE) {
        inText = true;
        if (depth === recordsAt) this.meetOther();
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (depth === recordsAt && byte === OPEN_BRACE && from < 0) from = at;
        else if (depth === recordsAt) this.meetOther();
        depth++;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--;
        if (depth === recordsAt && from >= 0) {
          this.emit(bytes.subarray(from, at + 1));
          from = -1;
        } else if (depth < recordsAt) {
          // The records are over: lists beside them hold none.
          recordsAt = Infinity;
        }
      } else if (depth === recordsAt) {
        if (byte === COMMA || byte === NEWLINE) this.inOther = false;
        else if (byte > SPACE) this.meetOther();
      }
    }
    if (from >= 0) this.keep(bytes.subarray(from));
    Object.assign(this, { depth, inText, escaped, recordsAt });
  }

  private meetOther(): void {
    if (!this.inOther) this.others++;
    this.inOther = true;
  }

  private keep(bytes: Buffer): void {
    this.begunLength += bytes.length;
    if (this.begunLength > RECORD_AT_MOST) throw new Error(`a record is larger than ${RECORD_AT_MOST / 1024 / 1024} MiB: this is no file of CloudTrail`);
    // A copy: the rest of the chunk need not be held for it.
    this.begun.push(Buffer.from(bytes));
  }

  private emit(last: Buffer): void {
    const whole = this.begunLength > 0 ? Buffer.concat([...this.begun, last]) : last;
    this.begun = [];
    this.begunLength = 0;
    this.onRecord(whole.toString('utf8'));
  }
}
