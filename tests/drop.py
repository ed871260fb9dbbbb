# drop.py - drops a file on a window as a file manager does (XDND 5): drop.py WINDOW FILE
import sys
import urllib.parse

from Xlib import X, display
from Xlib.protocol import event

ANSWERS = 50  # events of ours to look at before giving up


def main():
    d = display.Display()
    window = d.create_resource_object('window', int(sys.argv[1]))
    mine = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    uri = 'file://' + urllib.parse.quote(sys.argv[2]) + '\r\n'
    atom = d.intern_atom
    selection, uris = atom('XdndSelection'), atom('text/uri-list')

    def tell(kind, *data):
        data = ([mine.id] + list(data) + [0] * 4)[:5]
        window.send_event(event.ClientMessage(window=window, client_type=atom(kind),
                                              data=(32, data)))
        d.flush()

    mine.set_selection_owner(selection, X.CurrentTime)
    tell('XdndEnter', 5 << 24, uris)
    tell('XdndPosition', 0, 640 << 16 | 400, X.CurrentTime, atom('XdndActionCopy'))
    for _ in range(ANSWERS):
        e = d.next_event()
        if e.type == X.ClientMessage and e.client_type == atom('XdndStatus'):
            tell('XdndDrop', 0, X.CurrentTime)
        elif e.type == X.SelectionRequest:
            e.requestor.change_property(e.property, e.target, 8, uri.encode())
            e.requestor.send_event(event.SelectionNotify(
                time=e.time, requestor=e.requestor, selection=e.selection, target=e.target,
                property=e.property))
            d.flush()
        elif e.type == X.ClientMessage and e.client_type == atom('XdndFinished'):
            return 0
    return 1


sys.exit(main())
