# deny.py - runs a program on a kernel that refuses some calls: deny.py CALL[,CALL...] PROGRAM...
# The calls are seccomp, unshare, landlock, prlimit; each answers as an old kernel or a strict host.
import ctypes, errno, os, struct, sys

CALLS = {'seccomp': (317, errno.EPERM), 'unshare': (272, errno.EPERM),
         'landlock': (444, errno.ENOSYS), 'prlimit': (302, errno.EPERM)}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000


def op(code, k, yes=0, no=0):
    return struct.pack('HBBI', code, yes, no, k)


def main():
    program = [op(LOAD, 0)]
    for name in sys.argv[1].split(','):
        number, error = CALLS[name]
        program += [op(EQUAL, number, 0, 1), op(ANSWER, ERRNO | error)]
        if name == 'seccomp':  # the older way in, for the programs that come after
            program += [op(EQUAL, 157, 0, 4), op(LOAD, 16), op(EQUAL, PR_SET_SECCOMP, 0, 1),
                        op(ANSWER, ERRNO | error), op(LOAD, 0)]
    program += [op(ANSWER, ALLOW)]
    code = ctypes.create_string_buffer(b''.join(program))
    filter = struct.pack('HxxxxxxP', len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, 2, filter, 0, 0):
        sys.exit('deny.py: no filter: ' + os.strerror(ctypes.get_errno()))
    os.execv(sys.argv[2], sys.argv[2:])


main()
