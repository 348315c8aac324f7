/** ML-DSA, which node:crypto has from Node 24 on. Like the files beside it, it ships bundled with the parts of the noble libraries that it names. */
export { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
