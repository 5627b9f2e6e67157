-- Copyright 2026 The Seatplane Authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- The health of every kind of billing.seatplane.dev, for Argo CD. All but Invoice say the same way how they
-- are: status.observedGeneration, and the conditions Ready, Reconciling and Stalled.

-- Reasons to wait for a date, for another object or for a person, while nothing is wrong.
local waits = {
  Suspended = true,
  AwaitingApproval = true,
  Scheduled = true,
  NotStarted = true,
  WaitingForSeat = true,
}

-- An invoice is what it is: the operator has nothing to say about it.
if obj.kind == "Invoice" then
  return { status = "Healthy", message = "The document was issued." }
end

local status = obj.status or {}
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not looked at this version yet." }
end

local found = {}
for _, condition in ipairs(status.conditions or {}) do
  found[condition.type] = condition
end

if found.Stalled and found.Stalled.status == "True" then
  return { status = "Degraded", message = found.Stalled.reason .. ": " .. found.Stalled.message }
end
local ready = found.Ready
if not ready then
  return { status = "Progressing", message = "The operator has not said how it is yet." }
end
if waits[ready.reason] then
  return { status = "Suspended", message = ready.reason .. ": " .. ready.message }
end
if ready.status ~= "True" then
  return { status = "Progressing", message = ready.reason .. ": " .. ready.message }
end
-- An edit that cannot apply holds nothing up, but whoever reads this made it.
local inSync = found.InSync
if inSync and inSync.status == "False" then
  return { status = "Healthy", message = "Not as the manifest says: " .. inSync.message }
end
return { status = "Healthy", message = ready.message }
