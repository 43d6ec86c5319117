"""A script for Defender for Cloud Apps, after the requests of its public documentation (learn.microsoft.com/defender-cloud-apps/api-discovery):
uploads a log in three steps, lists streams, pages discovered apps by filters, fetches categories, a block script, and Graph's apps.
Usage: mda-script.py HOST TOKEN FILE DATA_SOURCE. Nothing but the host tells it that it speaks to Gnomon."""

import json
import sys
import time
import urllib.parse
import urllib.request

host, token, path, source = sys.argv[1:]
headers = {"Authorization": "Token " + token, "Content-Type": "application/json"}


def call(method, url, body=None, extra=None):
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    sent = extra if extra is not None else headers
    request = urllib.request.Request(url, data=data, method=method, headers=sent)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read()


def upload():
    query = urllib.parse.urlencode({"filename": "traffic.log", "source": "SQUID_NATIVE"})
    answer = json.loads(call("GET", f"{host}/api/v1/discovery/upload_url/?{query}"))
    with open(path, "rb") as log:
        extra = {"x-ms-blob-type": "BlockBlob"} if answer["provider"] == "azure" else {}
        call("PUT", answer["url"], log.read(), extra)
    body = {"uploadUrl": answer["url"], "inputStreamName": source}
    return json.loads(call("POST", f"{host}/api/v1/discovery/done_upload/", body))


def apps(stream, filters, limit):
    """All pages, by skip, as the documentation has it."""
    rows, skip = [], 0
    while True:
        body = {"filters": filters, "skip": skip, "limit": limit, "streamId": stream,
                "timeframe": "30", "sortField": "name", "sortDirection": "asc"}
        page = json.loads(call("POST", f"{host}/cas/api/v1/discovery/discovered_apps/", body))
        rows += page["data"]
        skip += len(page["data"])
        if not page["hasNext"]:
            return rows


def apps_by_next(stream, filters, limit):
    """All pages, by nextQueryFilters, as the portal's own scripts have it."""
    rows, body = [], {"filters": filters, "skip": 0, "limit": limit, "streamId": stream, "timeframe": 30}
    while True:
        page = json.loads(call("POST", f"{host}/cas/api/v1/discovery/discovered_apps/", body))
        rows += page["data"]
        if not page.get("hasNext", False):
            return rows
        body["filters"] = page.get("nextQueryFilters", {})


done = upload()
stream = done["inputStreamId"]
until = time.time() + 60
while len(apps(stream, {}, 100)) < 3 and time.time() < until:
    time.sleep(0.2)
streams = json.loads(call("GET", f"{host}/api/discovery/streams/"))["streams"]

graph = f"{host}/beta/security/dataDiscovery/cloudAppDiscovery/uploadedStreams"
period = "microsoft.graph.security.aggregatedAppsDetails(period=duration'P30D')"
asked = urllib.parse.urlencode(
    {"$filter": "riskRating ge 0 and (displayName eq 'Slack' or displayName eq 'Dropbox')",
     "$select": "id,displayName", "$orderby": "displayName desc"})
named = json.loads(call("GET", f"{graph}/{stream}/{period}?{asked}"))["value"]

print(json.dumps({
    "success": done["success"],
    "listed": [one["displayName"] for one in streams if one["_id"] == stream],
    "paged": [one["name"] for one in apps(stream, {}, 1)],
    "next": sorted(one["name"] for one in apps_by_next(stream, {}, 1)),
    "named": [one["name"] for one in apps(stream, {"name": {"startswith": ["s"]}}, 100)],
    "user": [one["name"] for one in apps(stream, {"user.entity": {"eq": ["ann"]}, "score": {"eq": [0, 10]}}, 100)],
    "categories": len(json.loads(call(
        "POST", f"{host}/api/v1/discovery/discovered_apps/categories/",
        {"streamId": stream, "timeFrame": 30, "skip": 0, "limit": 100, "sortField": "score", "sortDirection": "desc"}))),
    "graph": [one["displayName"] for one in named],
    "info": sorted(json.loads(call("GET", f"{graph}/{stream}/{period}/{named[0]['id']}/appInfo")))[:3],
    "script": call("GET", f"{host}/api/discovery_block_scripts/?format=108&type=banned").decode()[:1],
}))
