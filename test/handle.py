# SPDX-License-Identifier: MIT
"""Exits 0 if this kernel opens a network namespace by a handle, and if we may: name_to_handle_at(2), nsfs."""
import ctypes
import os
import sys

AT_EMPTY_PATH = 0x1000
libc = ctypes.CDLL(None, use_errno=True)
handle = ctypes.create_string_buffer(8 + 128)
ctypes.c_uint.from_buffer(handle).value = 128
ns = os.open("/proc/self/ns/net", os.O_RDONLY)
mount = ctypes.c_int()
if libc.name_to_handle_at(ns, b"", handle, ctypes.byref(mount), AT_EMPTY_PATH) < 0:
    sys.exit(1)
sys.exit(libc.open_by_handle_at(ns, handle, os.O_RDONLY) < 0)
