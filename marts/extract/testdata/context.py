# Puts the JSON-LD context of RO-Crate where its validator looks when it may not use
# the network: argument 1 is the validator's cache. The context is that of the
# package rocrate, 1.3: those of 1.1 and 1.2 with more words.
import sys
from importlib.util import find_spec
from pathlib import Path

import requests
import requests_cache

text = (Path(find_spec("rocrate").submodule_search_locations[0]) / "data" / "ro-crate.jsonld").read_bytes()
session = requests_cache.CachedSession(cache_name=sys.argv[1], backend="sqlite", expire_after=-1, allowable_methods=("GET",))
for version in ("1.2", "1.1"):
    url = f"https://w3id.org/ro/crate/{version}/context"
    r = requests.Response()
    if version == "1.1":  # which has this one under another address
        text = text.replace(b"https://bioschemas.org/terms/ComputationalWorkflow", b"https://bioschemas.org/ComputationalWorkflow")
    r.status_code, r.url, r._content = 200, url, text
    r.headers["Content-Type"] = "application/ld+json"
    r.request = requests.Request("GET", url).prepare()
    r.raw = requests_cache.CachedHTTPResponse(body=text, headers=dict(r.headers), status=200, request_url=url)
    session.cache.save_response(r)
