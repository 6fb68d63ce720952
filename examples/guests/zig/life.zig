//! Conway's Game of Life on a torus of 768 × 768 cells, as a reactor: init() draws the pattern that the argument names,
//! step(i) prints its population and computes the next generation. 64 cells are computed at a time, one in each bit.
const std = @import("std");
const wasi = std.os.wasi;

const side = 768;
const words = side / 64;
const Row = [words]u64;

var board: [side]Row = @splat(@splat(0));
var next: [side]Row = @splat(@splat(0));
var pattern: u8 = '0';

/// Living cells of each pattern, as rows of text.
const patterns = [_][]const []const u8{
    &.{ ".##", "##.", ".#." }, // R-pentomino: settles after 1103 generations
    &.{ "......#.", "##......", ".#...###" }, // Diehard: dies after 130
    &.{ ".#.", "..#", "###" }, // Glider: lives on
};

export fn init() void {
    pattern = firstArgument();
    if (pattern < '0' or pattern >= '0' + patterns.len) fail("life PATTERN: 0, 1 or 2\n");
    for (patterns[pattern - '0'], 0..) |line, y| {
        for (line, 0..) |cell, x| {
            if (cell == '#') set(side / 2 + x, side / 2 + y);
        }
    }
}

export fn step(i: i32) void {
    var buffer: [64]u8 = undefined;
    const row = std.fmt.bufPrint(&buffer, "{c},{d},{d}\n", .{ pattern, i, population() }) catch unreachable;
    write(1, row);
    for (0..side) |y| next[y] = rowAfter(&board[(y + side - 1) % side], &board[y], &board[(y + 1) % side]);
    std.mem.swap([side]Row, &board, &next);
}

fn set(x: usize, y: usize) void {
    board[y][x / 64] |= @as(u64, 1) << @intCast(x % 64);
}

fn population() u32 {
    var sum: u32 = 0;
    for (&board) |*row| {
        for (row) |word| sum += @popCount(word);
    }
    return sum;
}

/// Adds up the eight neighbours of 64 cells at once, in two bits and an overflow, and applies the rule.
fn rowAfter(above: *const Row, here: *const Row, below: *const Row) Row {
    var result: Row = undefined;
    for (&result, 0..) |*word, i| {
        var ones: u64 = 0;
        var twos: u64 = 0;
        var fours: u64 = 0;
        inline for (.{ left(above, i), above[i], right(above, i), left(here, i), right(here, i), left(below, i), below[i], right(below, i) }) |cells| {
            const carry = ones & cells;
            ones ^= cells;
            fours |= twos & carry;
            twos ^= carry;
        }
        word.* = twos & ~fours & (ones | here[i]);
    }
    return result;
}

fn left(row: *const Row, i: usize) u64 {
    return (row[i] << 1) | (row[(i + words - 1) % words] >> 63);
}

fn right(row: *const Row, i: usize) u64 {
    return (row[i] >> 1) | (row[(i + 1) % words] << 63);
}

fn firstArgument() u8 {
    var count: usize = 0;
    var bytes: usize = 0;
    _ = wasi.args_sizes_get(&count, &bytes);
    var text: [256]u8 = undefined;
    var starts: [8][*:0]u8 = undefined;
    if (count < 2 or count > starts.len or bytes > text.len) fail("life PATTERN\n");
    _ = wasi.args_get(@ptrCast(&starts), &text);
    return starts[1][0];
}

fn write(fd: i32, text: []const u8) void {
    const part = [_]wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
    var written: usize = 0;
    _ = wasi.fd_write(fd, &part, part.len, &written);
}

fn fail(message: []const u8) noreturn {
    write(2, message);
    wasi.proc_exit(2);
}
