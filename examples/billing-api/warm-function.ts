import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { handlerEnvironment } from '../invoices/invoke';

const BOOTSTRAP = `
const { handler } = require(process.argv[1]);
process.on('message', ({ id, event }) => handler(event).then(
  (value) => process.send({ id, value }),
  (error) => process.send({ id, error: { name: error.name, message: error.message, code: error.code } }),
));
`;

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: Error;
}

/** A deployed handler in a process of its own that stays for the next event, as Lambda keeps it warm. */
export class WarmFunction {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private events = 0;

  constructor(code: string, environment: Record<string, string>) {
    this.child = spawn(process.execPath, ['-e', BOOTSTRAP, code], { env: handlerEnvironment(environment), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (reply: Reply) => this.waiting.get(reply.id)?.(reply));
    this.child.once('exit', (status) => this.waiting.forEach((answer, id) => answer({ id, error: new Error(`the handler ended with status ${status}`) })));
  }

  public async invoke<Answer>(event: object): Promise<Answer> {
    const id = this.events++;
    const { value, error } = await new Promise<Reply>((resolve) => {
      this.waiting.set(id, resolve);
      this.child.send({ id, event });
    });
    this.waiting.delete(id);
    if (error) throw Object.assign(new Error(error.message), error);
    return value as Answer;
  }

  public close(): void {
    this.child.disconnect();
  }
}
