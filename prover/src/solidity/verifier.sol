// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13 <0.9.0;

/// @title Verifier of Groth16 proofs over BN254 under one key
/// @notice Whoever knows the secrets of the key's setup can forge proofs.
contract $name$ {
    // Modulus of the coordinates, and order of the groups, which is the modulus of the signals.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    // The key: in G2, coordinate x is X0 + X1 * u.
$key$
    /// @notice Tells whether a proof is valid for these public signals.
    /// @dev Says false, and does not revert, where a number is not below its modulus or a point is
    /// not in its group or at infinity. Reverts where gas runs out, so that false is about the proof.
    /// @param _pA Point A: x, y.
    /// @param _pB Point B: x1, x0, y1, y0, the order of the precompiles.
    /// @param _pC Point C: x, y.
$doc$    /// @return valid Whether the proof is valid.
    function verifyProof(
        uint256[2] calldata _pA,
        uint256[2][2] calldata _pB,
        uint256[2] calldata _pC$parameter$
    ) public view returns (bool valid) {
        assembly ("memory-safe") {
            function isPoint(x, y) -> yes {
                // That it is on the curve is left to the pairing.
                yes := and(and(lt(x, Q), lt(y, Q)), gt(or(x, y), 0))
            }

            // Adds signal times the point at sum + 0x40 to the point at sum, with the word after
            // them as scratch space. The key's points are on the curve and a scalar can be
            // anything, so these calls fail for want of gas only.
            function addTerm(sum, signal) -> canonical {
                let term := add(sum, 0x40)
                mstore(add(sum, 0x80), signal)
                let done := staticcall(gas(), 7, term, 0x60, term, 0x40)
                done := and(done, staticcall(gas(), 6, sum, 0x80, sum, 0x40))
                if iszero(done) { revert(0, 0) }
                canonical := lt(signal, R)
            }

            // The pairing's input, 768 bytes above what Solidity has allocated.
            let pairs := mload(0x40)
            calldatacopy(pairs, _pA, 0x40)
            calldatacopy(add(pairs, 0x40), _pB, 0x80)
            let aY := mload(add(pairs, 0x20))
            valid := and(
                isPoint(mload(pairs), aY),
                isPoint(calldataload(_pC), calldataload(add(_pC, 0x20)))
            )
            {
                let x1 := mload(add(pairs, 0x40))
                let x0 := mload(add(pairs, 0x60))
                let y1 := mload(add(pairs, 0x80))
                let y0 := mload(add(pairs, 0xa0))
                valid := and(valid, and(and(lt(x1, Q), lt(x0, Q)), and(lt(y1, Q), lt(y0, Q))))
                valid := and(valid, gt(or(or(x1, x0), or(y1, y0)), 0))
            }

            if valid {
                // S = IC0 + s1 * IC1 + s2 * IC2 + ..., where it stands in the pairing's input.
                let sum := add(pairs, 0x180)
                mstore(sum, IC0_X)
                mstore(add(pairs, 0x1a0), IC0_Y)
                let termX := add(pairs, 0x1c0)
                let termY := add(pairs, 0x1e0)
$signals$
            }

            if valid {
                // e(-A, B) * e(alpha, beta) * e(S, gamma) * e(C, delta) = 1
                mstore(add(pairs, 0x20), sub(Q, aY))
                mstore(add(pairs, 0xc0), ALPHA_X)
                mstore(add(pairs, 0xe0), ALPHA_Y)
                mstore(add(pairs, 0x100), BETA_X1)
                mstore(add(pairs, 0x120), BETA_X0)
                mstore(add(pairs, 0x140), BETA_Y1)
                mstore(add(pairs, 0x160), BETA_Y0)
                mstore(add(pairs, 0x1c0), GAMMA_X1)
                mstore(add(pairs, 0x1e0), GAMMA_X0)
                mstore(add(pairs, 0x200), GAMMA_Y1)
                mstore(add(pairs, 0x220), GAMMA_Y0)
                calldatacopy(add(pairs, 0x240), _pC, 0x40)
                mstore(add(pairs, 0x280), DELTA_X1)
                mstore(add(pairs, 0x2a0), DELTA_X0)
                mstore(add(pairs, 0x2c0), DELTA_Y1)
                mstore(add(pairs, 0x2e0), DELTA_Y0)

                // The pairing fails on points that are none, and takes all the gas that it was
                // given. It costs 181000 (EIP-1108): with less left, failure would not tell why;
                // with much more, an invalid proof would burn what its caller needs afterwards.
                if lt(gas(), 190000) { revert(0, 0) }
                mstore(0x00, 0)
                let done := staticcall(500000, 8, pairs, 0x300, 0x00, 0x20)
                valid := and(done, mload(0x00))
            }
        }
    }
}
