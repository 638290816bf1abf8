"""A made certificate authority, and Authenticode signatures of it: nothing but Python's own library.

    ca = CertificateAuthority(now)
    signer = ca.publisher("Example Software, Inc.", when)
    image = ca.sign(image, signer, when, timestamp="rfc3161")

Keys come from a seeded generator, so that the same corpus is made twice; they protect nothing.
Structures: RFC 5280 (certificates), RFC 5652 (signed data), RFC 3161 (timestamps), RFC 2985 (counter-
signatures), and Microsoft's "Windows Authenticode Portable Executable Signature Format".
"""
import base64
import datetime
import hashlib
import math
import random
import struct

KEY_BITS = 2048
SHA256, SHA1 = "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26"
SIGNED_BY = {"sha256": "1.2.840.113549.1.1.11", "sha1": "1.2.840.113549.1.1.5"}
DIGEST = {"sha256": SHA256, "sha1": SHA1}
CODE_SIGNING, TIME_STAMPING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"
# What a certificate carries that signs files of Windows itself.
WINDOWS_COMPONENT = "1.3.6.1.4.1.311.10.3.6"


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(data):
    return tlv(4, data)


def oid(text):
    first, second, *rest = (int(part) for part in text.split("."))
    out = bytearray([first * 40 + second])
    for number in rest:
        group = [number & 0x7F]
        while number := number >> 7:
            group.append(0x80 | (number & 0x7F))
        out += bytes(reversed(group))
    return tlv(6, bytes(out))


NULL = tlv(5)


def algorithm(name):
    return sequence(oid(DIGEST[name]), NULL)


def utc(moment):
    if moment.year < 2050:
        return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def digest(name, data):
    return hashlib.new(name, data).digest()


def attribute(kind, *values):
    return sequence(oid(kind), set_of(*values))


SMALL_PRIMES = math.prod(number for number in range(3, 2000) if all(number % one for one in range(2, int(number**0.5) + 1)))


def _is_prime(number, source):
    if math.gcd(number, SMALL_PRIMES) != 1:
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(8):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


class Key:
    EXPONENT = 65537

    def __init__(self, seed):
        source = random.Random(seed)
        self.p, self.q = self._prime(source), self._prime(source)
        self.n = self.p * self.q
        self.d = pow(self.EXPONENT, -1, (self.p - 1) * (self.q - 1))
        self.dp, self.dq, self.q_inverse = self.d % (self.p - 1), self.d % (self.q - 1), pow(self.q, -1, self.p)

    @classmethod
    def _prime(cls, source):
        half = KEY_BITS // 2
        while True:
            number = source.getrandbits(half) | 3 << (half - 2) | 1
            if (number - 1) % cls.EXPONENT and _is_prime(number, source):
                return number

    def sign(self, name, data):
        """PKCS #1 version 1.5."""
        info = sequence(algorithm(name), octets(digest(name, data)))
        padded = int.from_bytes(b"\x01" + b"\xff" * (KEY_BITS // 8 - len(info) - 3) + b"\0" + info, "big")
        first, second = pow(padded, self.dp, self.p), pow(padded, self.dq, self.q)
        value = second + self.q * ((first - second) * self.q_inverse % self.p)
        return value.to_bytes(KEY_BITS // 8, "big")

    def public(self):
        return sequence(sequence(oid("1.2.840.113549.1.1.1"), NULL),
                        tlv(3, b"\0", sequence(integer(self.n), integer(self.EXPONENT))))

    def identity(self):
        return hashlib.sha1(self.public()).digest()


class Certificate:
    def __init__(self, name, key, issuer, not_before, not_after, serial, usage=(), hash_name="sha256"):
        self.name, self.key, self.serial, self.issuer = name, key, serial, issuer or self
        self.not_before, self.not_after = not_before, not_after
        is_authority = not usage
        extensions = [sequence(oid("2.5.29.14"), octets(octets(key.identity()))),
                      sequence(oid("2.5.29.35"), octets(sequence(tlv(0x80, self.issuer.key.identity()))))]
        if is_authority:
            extensions += [sequence(oid("2.5.29.19"), tlv(1, b"\xff"), octets(sequence(tlv(1, b"\xff")))),
                           sequence(oid("2.5.29.15"), tlv(1, b"\xff"), octets(tlv(3, b"\x01\x06")))]
        else:
            critical = tlv(1, b"\xff") if TIME_STAMPING in usage else b""
            extensions += [sequence(oid("2.5.29.15"), tlv(1, b"\xff"), octets(tlv(3, b"\x07\x80"))),
                           sequence(oid("2.5.29.37"), critical, octets(sequence(*map(oid, usage))))]
        signed = sequence(oid(SIGNED_BY[hash_name]), NULL)
        body = sequence(tlv(0xA0, integer(2)), integer(serial), signed, self.issuer.name,
                        sequence(utc(not_before), utc(not_after)), name, key.public(),
                        tlv(0xA3, sequence(*extensions)))
        self.der = sequence(body, signed, tlv(3, b"\0", self.issuer.key.sign(hash_name, body)))

    def reference(self):
        return sequence(self.issuer.name, integer(self.serial))

    def thumbprint(self):
        return hashlib.sha1(self.der).hexdigest()


def name_of(common, organization, country="US"):
    parts = [("2.5.4.6", 0x13, country), ("2.5.4.10", 0x0C, organization), ("2.5.4.3", 0x0C, common)]
    return sequence(*(tlv(0x31, sequence(oid(kind), tlv(tag, text.encode()))) for kind, tag, text in parts))


def authenticode_parts(image):
    """(offset of the checksum, offset of the directory entry of certificates, where signing starts)"""
    header = struct.unpack_from("<I", image, 0x3C)[0] + 24
    entry = header + (112 if struct.unpack_from("<H", image, header)[0] == 0x20B else 96) + 32
    return header + 64, entry


def authentihash(image, name="sha256"):
    """Of an image without certificates, padded to 8 bytes as signing pads it."""
    checksum, entry = authenticode_parts(image)
    state = hashlib.new(name)
    for part in (image[:checksum], image[checksum + 4:entry], image[entry + 8:], b"\0" * (-len(image) % 8)):
        state.update(part)
    return state.digest()


def indirect_data(hash_name, value):
    obsolete = tlv(0xA0, tlv(0xA2, tlv(0x80, "<<<Obsolete>>>".encode("utf-16-be"))))
    return (sequence(oid("1.3.6.1.4.1.311.2.1.15"), sequence(tlv(3, b"\0"), obsolete)) +
            sequence(algorithm(hash_name), octets(value)))


def signer_info(signer, hash_name, attributes, unsigned=b"", version=1):
    signature = signer.key.sign(hash_name, set_of(*attributes))
    if callable(unsigned):
        unsigned = tlv(0xA1, unsigned(signature))
    return sequence(integer(version), signer.reference(), algorithm(hash_name), tlv(0xA0, *sorted(attributes)),
                    sequence(oid("1.2.840.113549.1.1.1"), NULL), octets(signature), unsigned)


def signed_data(hash_name, content, certificates, info, version=1):
    return sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, sequence(
        integer(version), set_of(algorithm(hash_name)), content,
        tlv(0xA0, *(one.der for one in certificates)), set_of(info))))


class CertificateAuthority:
    """Roots and what hangs below them. Organizations share two keys: what tells them apart is the
    certificate."""

    def __init__(self):
        keys = [Key(f"hozen {index}") for index in range(6)]
        old, late = datetime.datetime(2000, 1, 1), datetime.datetime(2045, 1, 1)
        self._leaf_keys = keys[4:]
        self.root = self._authority("Made Root CA", "hozen tests", keys[0], None, old, late)
        self.microsoft_root = self._authority("Made Microsoft Root CA", "Microsoft Corporation", keys[1], None, old, late)
        self.unknown_root = self._authority("Unknown Root CA", "nobody", keys[3], None, old, late)
        self._issuer = self._authority("Made Code Signing CA", "hozen tests", keys[2], self.root, old, late)
        self._microsoft = self._authority("Made Microsoft Code Signing PCA", "Microsoft Corporation", keys[2],
                                          self.microsoft_root, old, late)
        self._unknown = self._authority("Unknown Code Signing CA", "nobody", keys[2], self.unknown_root, old, late)
        self._stamper = Certificate(name_of("Made Timestamping", "hozen tests"), keys[3], self.root, old, late,
                                    self._serial("stamper"), (TIME_STAMPING,))
        self._publishers = {}

    @staticmethod
    def _serial(*what):
        """By what the certificate is for: processes that make parts of one corpus agree on it."""
        return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:12], "big") | 1

    def _authority(self, common, organization, key, issuer, begin, end):
        return Certificate(name_of(common, organization), key, issuer, begin, end, self._serial(common))

    def roots_pem(self):
        return "".join("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(one.der).decode() +
                       "-----END CERTIFICATE-----\n" for one in (self.root, self.microsoft_root))

    def publisher(self, organization, when, common=None, years=3, issuer=None):
        """The certificate that this organization had at that time: a new one every second year."""
        period = (when.year // 2 * 2, years)
        key = (organization, common, period, issuer)
        if key not in self._publishers:
            begin = datetime.datetime(period[0], 1, 1) - datetime.timedelta(days=40)
            above = {"unknown": self._unknown, None: self._issuer}.get(issuer)
            usage = [CODE_SIGNING]
            if organization == "Microsoft Corporation" and issuer is None:
                above = self._microsoft
                usage += [WINDOWS_COMPONENT] if common == "Microsoft Windows" else []
            self._publishers[key] = Certificate(
                name_of(common or organization, organization), self._leaf_keys[self._serial(key) // 2 % 2], above,
                begin, begin + datetime.timedelta(days=365 * years), self._serial(key), usage,
                "sha1" if when.year < 2014 else "sha256")
        return self._publishers[key]

    def _chain(self, signer):
        chain = [signer]
        while chain[-1].issuer is not chain[-1]:
            chain.append(chain[-1].issuer)
        return chain

    def _token(self, signature, when):
        """RFC 3161: of the signature's octets."""
        info = sequence(integer(1), oid("1.3.6.1.4.1.4146.2.3"),
                        sequence(algorithm("sha256"), octets(digest("sha256", signature))), integer(self._serial(signature)),
                        tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode()))
        certificate = sequence(sequence(sequence(octets(digest("sha256", self._stamper.der)))))
        attributes = [attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
                      attribute("1.2.840.113549.1.9.5", utc(when)),
                      attribute("1.2.840.113549.1.9.4", octets(digest("sha256", info))),
                      attribute("1.2.840.113549.1.9.16.2.47", certificate)]
        content = sequence(oid("1.2.840.113549.1.9.16.1.4"), tlv(0xA0, octets(info)))
        return signed_data("sha256", content, self._chain(self._stamper),
                           signer_info(self._stamper, "sha256", attributes), 3)

    def _countersignature(self, signature, when):
        """PKCS #9, as before 2013."""
        attributes = [attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1")),
                      attribute("1.2.840.113549.1.9.5", utc(when)),
                      attribute("1.2.840.113549.1.9.4", octets(digest("sha1", signature)))]
        return signer_info(self._stamper, "sha1", attributes)

    def _seal(self, kind, content, signer, hash_name, when, timestamp):
        """Signed data of a content that is a sequence: what is hashed is within its tag."""
        attributes = [attribute("1.2.840.113549.1.9.3", oid(kind)),
                      attribute("1.2.840.113549.1.9.4", octets(digest(hash_name, content))),
                      attribute("1.3.6.1.4.1.311.2.1.11", sequence(oid("1.3.6.1.4.1.311.2.1.21"))),
                      attribute("1.3.6.1.4.1.311.2.1.12", sequence())]
        unsigned, chain = b"", self._chain(signer)
        if timestamp == "rfc3161":
            def unsigned(signature):
                return attribute("1.3.6.1.4.1.311.3.3.1", self._token(signature, when))
        elif timestamp == "pkcs9":
            chain += self._chain(self._stamper)

            def unsigned(signature):
                return attribute("1.2.840.113549.1.9.6", self._countersignature(signature, when))
        return signed_data(hash_name, sequence(oid(kind), tlv(0xA0, sequence(content))), chain,
                           signer_info(signer, hash_name, attributes, unsigned))

    def sign(self, image, signer, when, timestamp="rfc3161", hash_name="sha256", padding=0):
        """The image with a certificate table; `padding` bytes are hidden behind the signature in it."""
        image = bytearray(image) + bytes(-len(image) % 8)
        content = indirect_data(hash_name, authentihash(image, hash_name))
        message = self._seal("1.3.6.1.4.1.311.2.1.4", content, signer, hash_name, when, timestamp)
        message += random.Random(len(image)).randbytes(padding)
        message += bytes(-(len(message) + 8) % 8)
        _, entry = authenticode_parts(image)
        struct.pack_into("<II", image, entry, len(image), len(message) + 8)
        return bytes(image) + struct.pack("<IHH", len(message) + 8, 0x0200, 2) + message

    def catalog(self, images, signer, when):
        """A catalog with the digests of images, as CatRoot has them."""
        entries = []
        for image in images:
            value = authentihash(image)
            entries.append(sequence(octets(value.hex().upper().encode("utf-16-le")), set_of(
                attribute("1.3.6.1.4.1.311.2.1.4", sequence(indirect_data("sha256", value))))))
        content = b"".join((sequence(oid("1.3.6.1.4.1.311.12.1.1")), octets(hashlib.md5(b"hozen").digest()), utc(when),
                            sequence(oid("1.3.6.1.4.1.311.12.1.2"), NULL), sequence(*sorted(entries))))
        return self._seal("1.3.6.1.4.1.311.10.1", content, signer, "sha256", when, "rfc3161")
