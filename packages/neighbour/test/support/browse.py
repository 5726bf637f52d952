# Python's zeroconf as an independent reader: writes each neighbour that comes, until one goes.
import os
import threading
from zeroconf import ServiceBrowser, ServiceListener, Zeroconf

class Listener(ServiceListener):
    def add_service(self, zc, kind, name):
        info = zc.get_service_info(kind, name)
        texts = sorted(f"{k.decode()}={v.decode()}" for k, v in info.properties.items())
        print("came", info.parsed_addresses(), info.port, texts, flush=True)

    def remove_service(self, zc, kind, name):
        print("went", flush=True)
        os._exit(0)

    def update_service(self, zc, kind, name):
        pass

zeroconf = Zeroconf()
ServiceBrowser(zeroconf, "_causeway._tcp.local.", Listener())
threading.Event().wait()
