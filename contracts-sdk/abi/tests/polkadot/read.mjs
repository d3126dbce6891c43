// Reads ink! metadata and vectors from standard input; writes what
// @polkadot/api-contract makes of them to standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The packages lie in the folder that this runs in, not beside this file.
const require = createRequire(process.cwd() + "/");
const { Abi } = require("@polkadot/api-contract");
const { compactAddLength, compactStripLength, hexToU8a, u8aToHex } = require("@polkadot/util");

const { metadata, calls, outputs, events } = JSON.parse(readFileSync(0, "utf8"));
const abi = new Abi(metadata);

const find = ({ create, message }) =>
  create ? abi.findConstructor(create) : abi.findMessage(message);

// An encoded call comes with its length in front.
const bare = (bytes) => compactStripLength(bytes)[1];

const read = {
  version: abi.metadata.version.toString(),
  contract: abi.info.contract.name.toString(),
  constructors: abi.constructors.map((it) => it.method),
  messages: abi.messages.map(({ method, isMutating, isPayable, selector, docs }) => ({
    method,
    isMutating,
    isPayable,
    selector: selector.toHex(),
    docs,
  })),
  events: abi.events.map(({ identifier, args, signatureTopic }) => ({
    identifier,
    signatureTopic,
    fields: args.map(({ name }) => name),
    indexed: args.filter(({ indexed }) => indexed).map(({ name }) => name),
  })),
  inputs: calls.map((call) => u8aToHex(bare(find(call).toU8a(call.args)))),
  decoded: calls.map(({ create, input }) => {
    const bytes = compactAddLength(hexToU8a(input));
    const { message, args } = create ? abi.decodeConstructor(bytes) : abi.decodeMessage(bytes);
    return { method: message.method, args: args.map((it) => it.toHuman()) };
  }),
  outputs: outputs.map((it) => {
    const { returnType } = find(it);
    const type = returnType.lookupName || returnType.type;
    const value = abi.registry.createTypeUnsafe(type, [hexToU8a(it.data)]);
    return { type, human: value.toHuman(), hex: u8aToHex(value.toU8a()) };
  }),
  emitted: events.map(({ topics, data }) => {
    const { event, args } = abi.decodeEvent(record(topics, data));
    return { identifier: event.identifier, args: args.map((it) => it.toHuman()) };
  }),
};
process.stdout.write(JSON.stringify(read));

// What decodeEvent reads of a record of the chain's events.
function record(topics, data) {
  const topic = (hex) => abi.registry.createType("Hash", hex);
  const bytes = abi.registry.createType("Bytes", data);
  return { topics: topics.map(topic), event: { data: [null, bytes] } };
}
