import type { CiphertextBlob } from '../blob';
import type { EncryptionContext } from '../encryption-context';
import { invalidCiphertext } from '../exceptions';
import { SymmetricMaterial } from './symmetric';

/** One entry of ListKeyRotations. */
export interface Generation {
  readonly material: SymmetricMaterial;
  /** When it became the current one. */
  readonly since: Date;
  /** Why; absent for the material the key was made with. */
  readonly rotation?: 'AUTOMATIC' | 'ON_DEMAND';
}

/** The material of a symmetric key through its rotations: the newest encrypts, every one decrypts. */
export class SymmetricGenerations {
  private readonly generations: Generation[];

  constructor(now: Date, given?: Uint8Array) {
    this.generations = [{ material: new SymmetricMaterial(given), since: now }];
  }

  public get current(): SymmetricMaterial {
    return this.generations[this.generations.length - 1].material;
  }

  /** Oldest first. */
  public get all(): readonly Generation[] {
    return this.generations;
  }

  public rotate(at: Date, rotation: 'AUTOMATIC' | 'ON_DEMAND'): void {
    this.generations.push({ material: new SymmetricMaterial(), since: at, rotation });
  }

  /**
   * The plaintext, and the id of the material that opened it.
   *
   * @throws InvalidCiphertextException
   */
  public open(blob: CiphertextBlob, context: EncryptionContext | undefined): { plaintext: Buffer; materialId: Buffer } {
    const generation = this.generations.find(({ material }) => material.id.equals(blob.materialId));
    if (!generation) throw invalidCiphertext();
    return { plaintext: generation.material.open(blob, context), materialId: generation.material.id };
  }
}
