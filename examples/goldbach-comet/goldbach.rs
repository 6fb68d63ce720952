//! goldbach FIRST END: for each even number n = 2k, k from FIRST to END (excluded), prints n, in how many ways it is a sum
//! of two primes p ≤ q, and the smallest such p. Nobody knows whether every even number above 2 has one.

use std::io::Write;
use std::process::exit;

/// Above this the sieve alone would take more memory than a task has by default.
const MAX_EVEN: usize = 100_000_000;

// Not by ExitCode: on WASI, older standard libraries turn each of its failures into 1.
const BAD_ARGUMENTS: i32 = 2;
const CANNOT_WRITE: i32 = 3;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let (first, end) = match numbers[..] {
        [first, end] if first >= 2 && first < end && end <= MAX_EVEN / 2 => (first, end),
        _ => {
            eprintln!("goldbach FIRST END, with 2 <= FIRST < END <= {}", MAX_EVEN / 2);
            exit(BAD_ARGUMENTS);
        }
    };
    let is_prime = sieve(2 * end);
    let primes: Vec<usize> = (2..=end).filter(|&number| is_prime[number]).collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for even in (first..end).map(|half| 2 * half) {
        let (ways, smallest) = partitions(even, &primes, &is_prime);
        if writeln!(out, "{even},{ways},{smallest}").is_err() {
            exit(CANNOT_WRITE);
        }
    }
    if out.flush().is_err() {
        exit(CANNOT_WRITE);
    }
}

/// Which numbers below `end` are prime (Eratosthenes).
fn sieve(end: usize) -> Vec<bool> {
    let mut is_prime = vec![true; end.max(2)];
    is_prime[..2].fill(false);
    let mut number = 2;
    while number * number < end {
        if is_prime[number] {
            for multiple in (number * number..end).step_by(number) {
                is_prime[multiple] = false;
            }
        }
        number += 1;
    }
    is_prime
}

/// Ways to write `even` as p + q with primes p ≤ q, and the smallest p; (0, 0) would be news.
fn partitions(even: usize, primes: &[usize], is_prime: &[bool]) -> (usize, usize) {
    let mut ways = 0;
    let mut smallest = 0;
    for &p in primes.iter().take_while(|&&p| 2 * p <= even) {
        if is_prime[even - p] {
            if ways == 0 {
                smallest = p;
            }
            ways += 1;
        }
    }
    (ways, smallest)
}
