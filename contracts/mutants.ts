/** One way to break a contract: the first text is replaced by the second, and must occur exactly once in the file. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function mutant(file: string, what: string, from: string, to = ''): Mutant {
  return { what, file: `pool/${file}.sol`, from, to };
}

/** Breaks that the contract tests must notice, part by part. */
export const MUTANTS: readonly Mutant[] = [
  ...[
    ['a voucher pays again', 'claimed[payer][signer][payee] += paid;'],
    [
      'claimed jumps past what was paid',
      'claimed[payer][signer][payee] += paid;',
      'claimed[payer][signer][payee] += paid + 1;',
    ],
    ['the cap is ignored', '_least(_redeemable(draw.payer), key.cap - key.spent)', '_redeemable(draw.payer)'],
    ['spent is not counted', 'key.spent += draw.uncovered;'],
    ['collateral is charged twice', 'key.spent += draw.uncovered;', 'key.spent += paid;'],
    [
      'an expired key still pays',
      'if (key.expiry >= block.timestamp) draw.uncovered',
      'if (key.expiry > 0) draw.uncovered',
    ],
    [
      'a key dies a second early',
      'if (key.expiry >= block.timestamp) draw.uncovered',
      'if (key.expiry > block.timestamp) draw.uncovered',
    ],
    [
      'collateral dies with its key',
      'else if (draw.reserved == 0 && draw.allocated == 0) return',
      'else return',
    ],
    [
      'uncovered vouchers draw on collateral',
      'return account.balance - account.locked;',
      'return account.balance;',
    ],
    [
      'collateral stays locked when it is paid',
      'uint128 locked = account.locked - draw.reserved - draw.allocated;',
      'uint128 locked = account.locked;',
    ],
    [
      'a reservation pays again',
      'if (draw.reserved > 0) reservations[payer][signer][payee].amount -= draw.reserved;',
    ],
    ['an allocation never ends', 'allocations[payer][signer][draw.root].left -= draw.allocated;'],
    ['a leaf pays again', 'drawn[payer][signer][draw.root][payee] += draw.allocated;'],
    ['collateral pays more than is owed', 'draw.reserved = _least(owed, draw.reserved);'],
    [
      'thawing money stays after it was paid',
      'if (account.thawing > balance - locked) account.thawing = balance - locked;',
    ],
    ['issued is forgotten', 'if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;'],
    [
      'issued is the newest, not the highest',
      'if (voucher.issued > key.highestIssued) key.highestIssued',
      'key.highestIssued',
    ],
    ['equivocation is not marked', 'key.isEquivocated = true;'],
    [
      'the pool may pay itself',
      'if (payee == address(0) || payee == address(this)) return',
      'if (payee == address(0)) return',
    ],
    [
      'a relay takes the rows of others',
      'if (creditTo != address(0) && payee != creditTo) return (0, SkipReason.ForbiddenPayee);',
    ],
    ['a bad proof counts', 'if (!isProven) return (0, SkipReason.BadProof);'],
    ['what the token refuses is lost', 'credit[payee] += paid;'],
    [
      'a copied order costs its relay all rows',
      '        _usePayout(order, signature);\n        results = _redeemRows(vouchers, proofs, order.payee);',
      '        results = _redeemRows(vouchers, proofs, order.payee);\n        _usePayout(order, signature);',
    ],
    ['credit is paid again', 'credit[payee] = own - amount;'],
    [
      'credit is not checked',
      'if (amount > own) revert NotEnoughCredit(amount, own);',
      'if (amount > own) own = amount;',
    ],
    ['the fee is on top', 'token.safeTransfer(to, amount - fee);', 'token.safeTransfer(to, amount);'],
    [
      'redeem can be re-entered',
      'function redeem(SignedVoucher[] calldata vouchers) external nonReentrant',
      'function redeem(SignedVoucher[] calldata vouchers) external',
    ],
  ].map(([what, from, to]) => mutant('Redemption', what!, from!, to)),
  ...[
    ['collateral needs no free money', 'if (amount > free) revert NotFree(amount, free);'],
    ['collateral ignores the cap', 'if (spent > key.cap) revert CapExceeded(spent, key.cap);'],
    ['collateral is not locked', 'account.locked += amount;'],
    [
      'a signed allocation works again',
      'if (root == 0 || allocation.total != 0) revert',
      'if (root == 0) revert',
    ],
    [
      'a reservation is freed too early',
      'if (reservation.until >= block.timestamp) revert StillLocked(reservation.until);',
    ],
    [
      'an allocation is freed too early',
      'if (allocation.until >= block.timestamp) revert StillLocked(allocation.until);',
    ],
    ['released money stays locked', 'accounts[payer].locked -= amount;'],
    ['a release gives no cap back', 'sessionKeys[payer][signer].spent -= amount;'],
    [
      'an ended reservation still pays',
      'return reservation.until < block.timestamp ? 0 : reservation.amount;',
      'return reservation.amount;',
    ],
    ['an ended allocation still pays', 'if (allocation.until < block.timestamp) return (0, true);'],
    [
      'a leaf pays all that is left',
      'return (own < allocation.left ? own : allocation.left, true);',
      'return (allocation.left, true);',
    ],
    [
      'collateral outlasts its key',
      'if (until < block.timestamp || until > expiry)',
      'if (until < block.timestamp)',
    ],
    [
      'a reservation may be shortened',
      'if (until < reservation.until) revert UntilOutOfRange(until, reservation.until);',
    ],
  ].map(([what, from, to]) => mutant('Collateral', what!, from!, to)),
  ...[
    ['any total is proven', 'return hash == proof.root && sum == total;', 'return hash == proof.root;'],
    ['a limit does not count', 'uint256 sum = proof.limit;', 'uint256 sum = 0;'],
    ['leaf and node look alike', 'bytes1(0x00), payee', 'bytes1(0x01), payee'],
    ['proofs have no end', 'if (depth > MAX_DEPTH) return false;'],
  ].map(([what, from, to]) => mutant('SumTree', what!, from!, to)),
  ...[
    [
      'revocation is at once',
      'uint40 end = uint40(block.timestamp) + THAW;',
      'uint40 end = uint40(block.timestamp);',
    ],
    ['revocation prolongs', 'if (end < expiry) key.expiry = expiry = end;', 'key.expiry = expiry = end;'],
    ['an expired key comes back', 'if (known < block.timestamp) revert SignerExpired(known);'],
    ['the cap may fall', 'if (cap < key.cap) revert CapFell(key.cap, cap);'],
    ['the expiry may fall', 'if (expiry < known) revert ExpiryFell(known, expiry);'],
    [
      'a deposit credits what was asked',
      'uint256 received = token.balanceOf(address(this)) - before;',
      'uint256 received = amount; before;',
    ],
    ['no ceiling', 'if (balance > DEPOSIT_CEILING) revert DepositCeilingReached(balance, DEPOSIT_CEILING);'],
    [
      'deposit can be re-entered',
      'function deposit(address payer, uint128 amount) external nonReentrant',
      'function deposit(address payer, uint128 amount) external',
    ],
    [
      'a deposit order needs no signature',
      '_useOrder(order.payer, structHash, order.nonce, order.deadline, signature);\n        _deposit',
      '_deposit',
    ],
    [
      'an authorisation needs no signature',
      '_useOrder(order.payer, structHash, order.nonce, order.deadline, signature);\n        _authorize',
      '_authorize',
    ],
    ['a failed permit blocks the deposit', ') {} catch {}', ') {} catch { revert ZeroAmount(); }'],
  ].map(([what, from, to]) => mutant('Deposits', what!, from!, to)),
  ...[
    ['orders never end', 'if (deadline < block.timestamp) revert SignatureExpired(deadline);'],
    ['an order works again', '_useCheckedNonce(account, nonce);'],
    [
      'what is locked is free',
      'return account.balance - account.locked - account.thawing;',
      'return account.balance - account.thawing;',
    ],
  ].map(([what, from, to]) => mutant('PoolBase', what!, from!, to)),
  ...[
    [
      'withdrawal needs no wait',
      'if (block.timestamp < account.thawEndsAt) revert StillThawing(account.thawEndsAt);',
    ],
    ['thawing more than there is', 'if (amount > free) revert NotFree(amount, free);'],
    ['thawing can be withdrawn twice', 'account.thawing = 0;'],
    [
      'withdraw can be re-entered',
      'function withdraw(address to) external nonReentrant',
      'function withdraw(address to) external',
    ],
  ].map(([what, from, to]) => mutant('Withdrawals', what!, from!, to)),
];
