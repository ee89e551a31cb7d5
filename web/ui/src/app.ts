// Keeps the pages of the dashboard live. Everything else works without it.
import { groupByDay } from "./days";
import { followChanges } from "./live";
import { followLogs } from "./log";
import { keepTime, tick } from "./time";
import { tellZone } from "./zone";

keepTime();
tellZone();
groupByDay();
followLogs();
followChanges(() => {
  tick();
  groupByDay();
  followLogs();
});
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
// What a terminal remembers is for who was signed in.
if (!document.querySelector("header.top")) sessionStorage.clear();
