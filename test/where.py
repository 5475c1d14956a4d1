"""Sends words over a socket from all kinds of places in a script, and writes down where it was each time, as Python
itself says: lines of "WORD FILE:LINE FUNCTION". lastack is to say the same. where.py FILE [HOW]: other things to do."""
import asyncio
import functools
import os
import socket
import sys
import threading

told = open(sys.argv[1], "w", buffering=1, encoding="utf-8", errors="surrogateescape")
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
sys.setrecursionlimit(5000)


def at(word, deep=1):
    frame = sys._getframe(deep)
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    told.write("%s %s:%d %s\n" % (word, os.path.basename(code.co_filename), frame.f_lineno, name))
    return word.encode()


def nested():
    def inner():
        near.send(at("nested"))
    inner()


class Method:
    near.send(at("class-body"))

    def __init__(self):
        near.send(at("init"))

    def go(self):
        near.send(at("method"))

    def __del__(self):
        near.send(at("del"))


def generator():
    near.send(at("generator-1"))
    yield 1
    near.send(at("generator-2"))
    yield from (near.send(at("generator-%d" % i)) for i in (3, 4))


def deep(n):
    if n:
        return deep(n - 1)
    return near.send(at("deep"))


def decorated(f):
    @functools.wraps(f)
    def wrapper(*args):
        near.send(at("wrapper"))
        return f(*args)
    return wrapper


@decorated
def tried(n):
    try:
        n / 0
    except ZeroDivisionError:
        near.send(at("except"))
    finally:
        near.send(at("finally"))
    with threading.Lock():
        near.send(at("with"))


async def coroutine(n):
    near.send(at("coroutine-%d" % n))
    await asyncio.sleep(0)
    if n:
        await coroutine(n - 1)
    near.send(at("after-%d" % n))


async def both():
    await asyncio.gather(coroutine(2), coroutine(5))
    await asyncio.get_running_loop().run_in_executor(None, lambda: near.send(at("executor")))


def from_c(x):
    near.send(at("key-%d" % x))
    return x


def long_before():
    if not near:
        print(1,
              2)

    def far_below():
        return near.send(
            at("no"))
    near.send(at("long-before"))


# A name of any bytes, and a function of such a name.
def compiled(word, path, name):
    code = compile("\n\nnear.send(at(%r))" % word, path, "exec").replace(co_name=name)
    if hasattr(code, "co_qualname"):
        code = code.replace(co_qualname=name)
    exec(code)


def child():
    pid = os.fork()
    if pid == 0:
        near.send(at("child"))
        os._exit(0)
    os.waitpid(pid, 0)


def anew():
    """Code is made and given back again and again, at the same address: each time it is another line."""
    for i in range(1, 30):
        exec(compile("\n" * i + "near.send(at('anew-%d'))" % i, "anew.py", "exec"))


def all_kinds():
    near.send(at("module"))
    nested()
    m = Method()
    m.go()
    del m
    list(generator())
    deep(500)
    tried(1)
    asyncio.run(both())
    sorted([2, 1, 3], key=from_c)
    long_before()
    (lambda: near.send(at("lambda")))()
    [near.send(at("comprehension")) for _ in (1,)]
    compiled("latin", "/srv/na\u00efve.py", "caf\u00e9")
    compiled("wide", "/srv/\u4f60\u597d.py", "\U0001f40d")
    compiled("hostile", "/srv/\udcff\x1b[31m.py", "a\nb")
    compiled("endless", "/srv/" + "x" * 300 + ".py", "y" * 300)
    anew()
    for name in ("one", "two"):
        t = threading.Thread(target=lambda: near.send(at("thread-" + name)))
        t.start()
        t.join()
    child()


def corrupted():
    """What lies in the code object of this very function is not what it should be, while it makes a call."""
    import ctypes
    code, offset = corrupted.__code__, {9: 104, 10: 104}.get(sys.version_info[1], 112)
    place = ctypes.c_uint64.from_address(id(code) + offset)
    text = "x" * 50
    is_now = place.value
    near.send(at("good"))
    for wrong in (8, 1, id(code), id(near), 2 ** 64 - 1, id(told)):
        place.value = wrong
        near.send(b"wrong")
        place.value = is_now
    length = ctypes.c_uint64.from_address(id(text) + 16)
    place.value = id(text)
    length.value = 2 ** 61
    near.send(b"wrong")
    length.value = 50
    place.value = is_now
    near.send(at("again"))


def leaks():
    def peer():
        socket.create_connection(listener.getsockname()).close()
    kept = []
    for _ in range(3):
        t = threading.Thread(target=peer)
        t.start()
        connection, _ = listener.accept()  # where it is made
        connection.recv(1)  # where its end is read
        kept.append(connection)
        t.join()
    print("leaking", flush=True)
    threading.Event().wait()


def blocked():
    ends = [socket.create_connection(listener.getsockname()) for _ in range(5)]
    connection, _ = listener.accept()
    threading.Thread(target=lambda: threading.Event().wait(), daemon=True).start()
    print("blocked", flush=True)
    connection.recv(1)  # for ever
    ends.clear()


{"all": all_kinds, "corrupted": corrupted, "leaks": leaks, "blocked": blocked}[sys.argv[2]]()
