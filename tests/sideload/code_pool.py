"""Machine code for the images of the corpus, made by the cross-compiler out of written C: a pool to cut from."""
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile

COMPILER = "x86_64-w64-mingw32-gcc"
FUNCTIONS = 700


def source(seed=7):
    """Small functions of the kinds that ordinary programs are full of; no calls, no system."""
    rng = random.Random(seed)
    forms = (
        "int f{i}(const int *p, int n) {{ int s = {a}; for (int k = 0; k < n; ++k) s = s * {b} + (p[k] ^ {c}); return s; }}",
        "unsigned f{i}(const char *t) {{ unsigned h = {a}u; while (*t) h = (h ^ (unsigned char)*t++) * {b}u; return h >> {d}; }}",
        "void f{i}(char *to, const char *from, int n) {{ for (int k = 0; k < n; ++k) to[k] = from[n - 1 - k] + {d}; to[n] = 0; }}",
        "int f{i}(int a, int b) {{ switch (a) {{ case {d}: return b + {a}; case {c}: return b * {b}; case 3: return a - b; default: return a ^ b; }} }}",
        "struct s{i} {{ int x, y; short z[{d}]; }}; int f{i}(struct s{i} *p) {{ p->x += {a}; if (p->x > p->y) {{ p->y = p->x / {c}; return 1; }} "
        "return p->z[{d} - 1]; }}",
        "double f{i}(const double *v, int n) {{ double s = {d}; for (int k = 0; k < n; ++k) s += v[k] * {c}.5; return s / (n + 1); }}",
        "long long f{i}(long long a, long long b) {{ while (b) {{ long long t = a % b; a = b; b = t + {d} - {d}; }} return a + {a}; }}",
        "int f{i}(void **table, int n) {{ for (int k = 0; k < n; ++k) if (table[k] == (void *)0) return k + {d}; return -1; }}",
    )
    return "\n".join(rng.choice(forms).format(i=index, a=rng.randrange(2**30), b=rng.randrange(3, 2**20),
                                              c=rng.randrange(7, 900), d=rng.randrange(4, 24))
                     for index in range(FUNCTIONS))


def text_of_object(data):
    """.text of a COFF object."""
    count, header = struct.unpack_from("<H", data, 2)[0], 20
    parts = []
    for index in range(count):
        name, _, _, size, offset = struct.unpack_from("<8sIIII", data, header + 40 * index)
        if name.startswith(b".text"):
            parts.append(data[offset:offset + size])
    return b"".join(parts)


def is_there():
    return shutil.which(COMPILER) is not None


def pools():
    """{32: code, 64: code}"""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pool.c")
        path.write_text(source())
        for bits in (32, 64):
            output = path.with_suffix(f".{bits}")
            subprocess.run([COMPILER, f"-m{bits}", "-O2", "-c", "-o", output, path], check=True)
            found[bits] = text_of_object(output.read_bytes())
    return found


def cut(pool, rng, size):
    """As many bytes of the pool, from different places: no two images share their code."""
    out = b""
    while len(out) < size:
        begin = rng.randrange(0, max(1, len(pool) - 4096)) // 16 * 16
        out += pool[begin:begin + min(size - len(out), rng.randrange(2048, 16384))]
    return out
