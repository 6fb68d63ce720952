import { instantiateSecp256k1 } from '@bitauth/libauth';

/** libsecp256k1 as WASM. A module of its own, so that a page loads its 240 KB only when the first voucher comes. */
export const secp256k1 = instantiateSecp256k1();
