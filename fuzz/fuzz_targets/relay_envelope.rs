//! Whatever somebody pushes through Redis is read without a panic, and what is taken for a message is one.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| stomp_broker::redis::read_push(input));
