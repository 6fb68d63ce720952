// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {PoolBase} from "./PoolBase.sol";

/// @title Taking a deposit out
/// @notice Announced first, so that payees can redeem before it is gone.
abstract contract Withdrawals is PoolBase {
    using SafeERC20 for IERC20;

    /// @notice Announces a withdrawal of `amount` more. Restarts the wait for all that is thawing.
    /// @dev Payees see `ThawStarted` and have `THAW` seconds to redeem first. Collateral cannot thaw.
    /// @param amount How much more; at most what is neither collateral nor thawing.
    function thaw(uint128 amount) external {
        if (amount == 0) revert ZeroAmount();
        Account storage account = accounts[msg.sender];
        uint128 free = _free(account);
        if (amount > free) revert NotFree(amount, free);
        account.thawing += amount;
        account.thawEndsAt = uint40(block.timestamp) + THAW;
        emit ThawStarted(msg.sender, amount, account.thawing, account.thawEndsAt);
    }

    /// @notice Pays out what has thawed and was not redeemed meanwhile.
    /// @param to Who receives it.
    /// @return amount What was paid out.
    function withdraw(address to) external nonReentrant returns (uint128 amount) {
        if (to == address(0)) revert ZeroAddress();
        if (to == address(this)) revert ForbiddenAddress(to);
        Account storage account = accounts[msg.sender];
        amount = account.thawing;
        if (amount == 0) revert NothingThawing();
        if (block.timestamp < account.thawEndsAt) revert StillThawing(account.thawEndsAt);
        account.balance -= amount;
        account.thawing = 0;
        account.thawEndsAt = 0;
        token.safeTransfer(to, amount);
        emit Withdrawn(msg.sender, to, amount);
    }
}
