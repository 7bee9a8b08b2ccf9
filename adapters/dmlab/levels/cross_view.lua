-- A level that is told everything from outside: maze, things, doors, bots, start pose.
--
-- The property `level` holds one line a statement (adapters/dmlab/level.py writes it); it takes effect at the next
-- reset. The property `look` asks for one picture from anywhere, and for the mask of one thing in it; the answer is
-- the observation CROSSVIEW.LOOK. Nothing that is looked at moves the game on.

local events = require 'dmlab.system.events'
local game = require 'dmlab.system.game'
local game_entities = require 'dmlab.system.game_entities'
local inventory = require 'common.inventory'
local make_map = require 'common.make_map'
local pickups = require 'common.pickups'
local tensor = require 'dmlab.system.tensor'
local texture_sets = require 'themes.texture_sets'

local api = {}

local SCREEN = game:screenShape().buffer
local AGENT = 1
local FIRE_BUTTON = 1
local SHOT_REACH = 600
local SHOT_RADIUS = 18
local FRAMES_BETWEEN_SHOTS = 6
local STURDY = 999
local FRAIL = 20
local FRAMES_TO_COME_IN = 4
local FOR_EVER = '1000000'
local START_HEIGHT = 30

local BOT_NAMES = {'Cygni', 'Leonis', 'Epsilon', 'Cephei', 'Centauri', 'Draconis'}
local GADGETS = {
    melee = inventory.GADGETS.IMPULSE,
    projectile = inventory.GADGETS.RAPID,
}

local told = {level = '', look = ''}
local level = {things = {}, bots = {}, doors = {}}
local look = {}
local inventories = {}
local shot = {}
local opened = {}
local keys = {}
local textures = {}
local waitFrames = 0
local spawns = 0
local frames = 0

local function numbers(text)
  local found = {}
  for word in text:gmatch('%S+') do
    found[#found + 1] = tonumber(word)
  end
  return found
end

local READERS = {
    map = function(words) level.map = words[1] end,
    seed = function(words) level.seed = tonumber(words[1]) end,
    textures = function(words) level.textures = words[1] end,
    rule = function(words) level.rule = words[1] end,
    maze = function(words, rest) level.maze = rest:gsub('/', '\n') end,
    variations = function(words, rest) level.variations = rest:gsub('/', '\n') end,
    start = function(words, rest)
      local x, y, pitch, yaw = unpack(numbers(rest))
      level.start = {x = x, y = y, yaw = yaw, pitch = pitch}
    end,
    thing = function(words, rest)
      local x, y, z = unpack(numbers(table.concat(words, ' ', 5)))
      level.things[#level.things + 1] = {
          name = words[1], model = words[2], role = words[3], marked = words[4] == '1',
          position = {x, y, z},
      }
    end,
    bot = function(words)
      local x, y = unpack(numbers(table.concat(words, ' ', 2)))
      level.bots[#level.bots + 1] = {name = words[1], x = x, y = y}
    end,
    door = function(words)
      local red, green, blue = unpack(numbers(table.concat(words, ' ', 4)))
      level.doors[words[2]] = {name = words[1], key = words[3], colour = {red, green, blue, 255}}
    end,
}

local function readLevel(text)
  level = {things = {}, bots = {}, doors = {}, variations = ''}
  for line in text:gmatch('[^\n]+') do
    local statement, rest = line:match('^(%S+) ?(.*)$')
    local words = {}
    for word in rest:gmatch('%S+') do
      words[#words + 1] = word
    end
    assert(READERS[statement], 'unknown statement ' .. statement)(words, rest)
  end
end

local function hasBots()
  return #level.bots > 0
end

-- Properties ------------------------------------------------------------------------------------------------------

function api:writeProperty(key, value)
  if told[key] == nil then
    return 2
  end
  told[key] = value
  if key == 'look' then
    local kind, rest = value:match('^(%S+) ?(.*)$')
    look = {kind = kind, pose = numbers(rest or ''), mark = rest and rest:match('%S+ %S+$')}
  end
  return 0
end

function api:readProperty(key)
  return told[key] or 2
end

function api:listProperty(key, callback)
  if key ~= '' then
    return nil
  end
  callback('level', 'rw')
  callback('look', 'rw')
  return true
end

-- Map -------------------------------------------------------------------------------------------------------------

function api:init(params)
  told.level = params.level or ''
  self._seconds = tonumber(params.episodeSeconds or '')
end

function api:start(episode, seed)
  readLevel(told.level)
  inventories, shot, opened, keys, textures, look = {}, {}, {}, {}, {}, {}
  waitFrames, spawns, frames = 0, 0, 0
  make_map.seedRng(level.seed)
  self._map = make_map.makeMap{
      mapName = level.map,
      mapEntityLayer = level.maze,
      mapVariationsLayer = level.variations,
      textureSet = texture_sets[level.textures],
      useSkybox = true,
      decalFrequency = 0.1,
      allowBots = hasBots(),
      callback = function(i, j, cell, maker)
        if cell == 'I' or cell == 'H' then
          return maker:makeFenceDoor{i = i, j = j, isEastWest = cell == 'I'}
        end
      end,
  }
end

function api:nextMap()
  return self._map
end

function api:updateSpawnVars(spawnVars)
  if spawnVars.classname == 'func_door' then
    spawnVars.wait = FOR_EVER
  end
  if spawnVars.classname ~= 'info_player_start' or spawns > #level.bots then
    return spawnVars
  end
  spawns = spawns + 1
  local bot = level.bots[spawns - 1]
  local place = bot or level.start
  spawnVars.origin = string.format('%f %f %f', place.x, place.y, START_HEIGHT)
  spawnVars[bot and 'nohumans' or 'nobots'] = '1'
  if not bot then
    spawnVars.angles = string.format('%f %f 0', place.pitch, place.yaw)
    spawnVars.angle = nil
  end
  spawnVars.randomAngleRange = '0'
  return spawnVars
end

function api:extraEntities()
  local entities = {}
  for index, thing in ipairs(level.things) do
    local x, y, z = unpack(thing.position)
    entities[#entities + 1] = {
        classname = 'crossview_' .. index,
        origin = string.format('%f %f %f', x, y, z),
        id = tostring(index),
        wait = '-1',
        spawnflags = '1',
    }
  end
  return entities
end

function api:createPickup(classname)
  local index = tonumber(classname:match('^crossview_(%d+)$'))
  local thing = index and level.things[index]
  if not thing then
    return pickups.defaults[classname]
  end
  local mark = thing.marked and ('TGT' .. index .. ':') or ''
  return {
      name = thing.name,
      classname = classname,
      model = mark .. 'models/' .. thing.model .. '.md3',
      quantity = 1,
      type = pickups.type.REWARD,
      moveType = thing.role == 'landmark' and pickups.moveType.STATIC or pickups.moveType.BOB,
  }
end

-- Masks: a marked thing has its own copy of every texture, so that it alone can be turned white and black ----------

function api:replaceModelName(name)
  local mark, plain = name:match('^(TGT%d+:)(.*)$')
  if mark then
    return plain, mark
  end
end

local function doorOf(name)
  return level.doors[name:match('door_placeholder:(.*)$') or '']
end

function api:loadTexture(name)
  local door = doorOf(name)
  if door then
    local paint = tensor.ByteTensor(8, 8, 4):fill(door.colour)
    textures['door ' .. door.name] = {[name] = paint:clone()}
    return paint
  end
end

function api:replaceTextureName(name)
  return name:match('^TGT%d+:(.*)$')
end

local function markOf(name)
  local thing = name:match('^TGT(%d+):')
  if thing then
    return 'thing ' .. thing
  end
  local skin = name:match('crash_color/skin_base(%d+)')
  if skin then
    return 'bot ' .. skin
  end
  local door = doorOf(name)
  return door and 'door ' .. door.name
end

function api:modifyTexture(name, texture)
  local mark = markOf(name)
  if mark then
    textures[mark] = textures[mark] or {}
    textures[mark][name] = texture:clone()
  end
  return false
end

local function paint(mark, colour)
  for name, original in pairs(textures[mark] or {}) do
    local paint = original
    if colour then
      paint = original:clone()
      paint:fill{colour, colour, colour, 255}
    end
    game:updateTexture(name, paint)
  end
end

local NOTHING = tensor.ByteTensor(1, 1, 1, 1)

local function render(pose)
  local x, y, z, pitch, yaw = unpack(pose)
  return game:renderCustomView{
      width = SCREEN.width,
      height = SCREEN.height,
      pos = {x, y, z},
      look = {pitch, yaw, 0},
      renderPlayer = false,
  }
end

-- `look` is "off", "view <pose>" (one picture), "mask <pose> <mark>" (one with the marked thing white, one with it
-- black) or "both <pose> <mark>" (all three). <pose> is x y z pitch yaw; <mark> is "thing 2", "bot 1" or "door red".
local function lookObservation()
  if not look.kind or look.kind == 'off' then
    return NOTHING
  end
  local pictures = {}
  if look.kind ~= 'mask' then
    pictures[1] = render(look.pose):clone()
  end
  if look.kind ~= 'view' then
    for _, colour in ipairs{255, 0} do
      paint(look.mark, colour)
      pictures[#pictures + 1] = render(look.pose):clone()
    end
    paint(look.mark, nil)
  end
  local answer = tensor.ByteTensor(#pictures, SCREEN.height, SCREEN.width, 3)
  for index, picture in ipairs(pictures) do
    answer:select(1, index):copy(picture)
  end
  return answer
end

-- Truth -----------------------------------------------------------------------------------------------------------

local function poseObservation()
  local info = game:playerInfo()
  local x, y, z = unpack(info.eyePos)
  return tensor.DoubleTensor{x, y, z, info.angles[1], info.angles[2]}
end

local function botsObservation()
  local found = tensor.DoubleTensor(math.max(1, #level.bots), 5):fill(0)
  for player, view in pairs(inventories) do
    local bot = player - AGENT
    if bot >= 1 and bot <= #level.bots then
      local x, y, z = unpack(view:eyePos())
      found:select(1, bot):val{x, y, z, view:health(), 1}
    end
  end
  return found
end

local OBSERVATIONS = {
    ['CROSSVIEW.LOOK'] = {'Bytes', {0, 0, 0, 0}, lookObservation},
    ['CROSSVIEW.POSE'] = {'Doubles', {5}, poseObservation},
    ['CROSSVIEW.BOTS'] = {'Doubles', {0, 5}, botsObservation},
}

function api:customObservationSpec()
  local specs = {}
  for _, name in ipairs{'CROSSVIEW.LOOK', 'CROSSVIEW.POSE', 'CROSSVIEW.BOTS'} do
    specs[#specs + 1] = {name = name, type = OBSERVATIONS[name][1], shape = OBSERVATIONS[name][2]}
  end
  return specs
end

function api:customObservation(name)
  return OBSERVATIONS[name][3]()
end

-- What happens ----------------------------------------------------------------------------------------------------

function api:canPickup(id, player)
  local thing = level.things[id]
  if thing and player == AGENT then
    return thing.role ~= 'landmark' and (shot[id] or level.rule == 'touch')
  end
  return false
end

function api:pickup(id, player)
  local thing = level.things[id]
  if thing.role == 'key' then
    keys[thing.name] = true
  end
  events:add('taken', thing.name, shot[id] and 'shot' or 'touched')
end

function api:canTrigger(id, door, player)
  local lock = level.doors[door]
  return player == AGENT and lock ~= nil and not opened[door] and (lock.key == 'none' or keys[lock.key] == true)
end

function api:trigger(id, door, player)
  opened[door] = true
  events:add('opened', level.doors[door].name, 'touched')
end

local function nearestInLine(eye, pitch, yaw)
  local ahead = {
      math.cos(math.rad(yaw)) * math.cos(math.rad(pitch)),
      math.sin(math.rad(yaw)) * math.cos(math.rad(pitch)),
      -math.sin(math.rad(pitch)),
  }
  local best, nearest
  for _, entity in ipairs(game_entities:entities()) do
    local thing = level.things[tonumber(entity.id) or 0]
    if thing and entity.visible and thing.role == 'fruit' then
      local to = {}
      local along, square = 0, 0
      for axis = 1, 3 do
        to[axis] = thing.position[axis] - eye[axis]
        along = along + to[axis] * ahead[axis]
        square = square + to[axis] * to[axis]
      end
      local aside = math.sqrt(math.max(0, square - along * along))
      if along > 0 and along < SHOT_REACH and aside < SHOT_RADIUS and (not nearest or along < nearest) and
          game:raycast(eye, thing.position) == 1 then
        best, nearest = tonumber(entity.id), along
      end
    end
  end
  return best
end

function api:modifyControl(actions)
  waitFrames = math.max(0, waitFrames - 1)
  frames = frames + 1
  if frames == FRAMES_TO_COME_IN and hasBots() then
    game:console('set bot_pause 1')
  end
  local fires = actions.buttonsDown % 2 == FIRE_BUTTON
  if level.rule == 'shoot' and fires and waitFrames == 0 then
    waitFrames = FRAMES_BETWEEN_SHOTS
    local info = game:playerInfo()
    local id = nearestInLine(info.eyePos, info.angles[1], info.angles[2])
    if id then
      shot[id] = true
      game:console('dm_pickup ' .. id)
    end
  end
  return actions
end

function api:hasEpisodeFinished(seconds)
  return self._seconds ~= nil and seconds >= self._seconds
end

-- Bots ------------------------------------------------------------------------------------------------------------

function api:addBots()
  local bots = {}
  for index in ipairs(level.bots) do
    bots[index] = {name = BOT_NAMES[index], skill = 1.0}
  end
  return bots
end

function api:playerModel(player, name)
  return player == AGENT and 'crash_color' or 'crash_color/skin' .. (player - AGENT)
end

local function outfit(loadOut)
  local view = inventory.View(loadOut)
  inventories[view:playerId()] = view
  return view
end

function api:spawnInventory(loadOut)
  local view = outfit(loadOut)
  local isAgent = view:playerId() == AGENT
  local gadget = isAgent and GADGETS[level.rule] or inventory.GADGETS.IMPULSE
  view:setGadgets{gadget}
  view:setGadgetAmount(gadget, inventory.UNLIMITED)
  if not isAgent then
    view:setHealth(FRAIL)
  end
  return view:loadOut()
end

function api:updateInventory(loadOut)
  local view = outfit(loadOut)
  if view:playerId() == AGENT and hasBots() then
    view:setHealth(STURDY)
  end
  return view:loadOut()
end

function api:rewardOverride(reward)
  if reward.reason == 'TAG_PLAYER' and reward.playerId == AGENT then
    events:add('tagged', tostring(reward.otherPlayerId - AGENT), level.rule)
  end
end

return api
