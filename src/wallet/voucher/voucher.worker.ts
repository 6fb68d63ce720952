import { expose } from 'comlink';
import { answeringCrypto } from './voucher-answers.ts';

/* Signs and checks vouchers away from the page's thread: a busy requestor pays many times a second. */
expose(answeringCrypto);
