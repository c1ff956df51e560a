// A winmail.dat as Outlook writes one, small enough to be read in a test.

type Packed = {
  readonly text?: string;
  readonly rtf?: boolean;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
};

/** The bytes of a winmail.dat. */
export function packedMail({ text, rtf, files }: Packed): Buffer {
  const body = [
    property(0x0003, 0x3ffd, number(65001)),
    property(0x0102, 0x0300, number(1), number(3), Buffer.from("abc\0")),
    named(),
    ...(text === undefined ? [] : [unicode(0x1000, text)]),
    ...(rtf ? [property(0x0102, 0x1009, number(1), number(4), Buffer.from("rtf "))] : []),
  ];
  return Buffer.concat([
    Buffer.from([0x78, 0x9f, 0x3e, 0x22, 0x01, 0x00]),
    attribute(1, 0x00069007, Buffer.concat([number(1252), number(0)])),
    attribute(1, 0x00069003, Buffer.concat([number(body.length), ...body])),
    ...files.flatMap(({ name, bytes }) => [
      attribute(2, 0x00069002, Buffer.alloc(14)),
      attribute(2, 0x00018010, Buffer.from("SHORT~1.PDF\0")),
      attribute(2, 0x0006800f, Buffer.alloc(bytes)),
      attribute(2, 0x00069005, Buffer.concat([number(1), unicode(0x3707, name)])),
    ]),
  ]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function attribute(level: number, id: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([level]), number(id), number(value.length), value, Buffer.alloc(2)]);
}

function property(type: number, id: number, ...value: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type);
  head.writeUInt16LE(id, 2);
  return Buffer.concat([head, ...value]);
}

function unicode(id: number, text: string): Buffer {
  const value = Buffer.from(`${text}\0`, "utf16le");
  return property(0x001f, id, number(1), number(value.length), value, Buffer.alloc((4 - (value.length % 4)) % 4));
}

/** A property with a name of its own in front of the value. */
function named(): Buffer {
  const name = Buffer.from("Keywords\0\0", "utf16le");
  return property(0x000b, 0x8001, Buffer.alloc(16), number(1), number(name.length), name, number(1));
}
