import { rmSync } from 'node:fs';

/** Removes what the tests left, in the folder that `global-setup` made. */
export default function tearDown(): void {
  rmSync(process.env.TMPDIR!, { recursive: true });
}
