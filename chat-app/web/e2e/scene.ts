/** People, rooms and talk enough to look at. */
import type { Api, Person } from './api'

const TALK: [speaker: number, text: string][] = [
  [0, '이번 주 토요일 어때요?'],
  [0, '북한산 백운대 코스 생각하고 있어요. 왕복 네 시간쯤 걸린대요.'],
  [1, '좋아요!'],
  [1, '몇 시에 어디서 만날까요'],
  [2, '저는 아침 8시 구파발역 2번 출구가 편해요'],
  [0, '그럼 8시에 봐요'],
  [1, '김밥은 제가 싸 갈게요'],
  [2, '물이랑 간식은 각자 챙기는 걸로!'],
]

export interface Scene {
  people: [Person, Person, Person]
  roomId: number
  /** The messages in that room. */
  messageIds: number[]
}

export async function scene(api: Api): Promise<Scene> {
  const people = (await Promise.all(['김하늘', '이도윤', '박서연'].map((name) => api.signUp(name)))) as Scene['people']
  const [ann, ben, eve] = people
  const books = await api.createRoom(eve, '소설 읽는 저녁', ann)
  await api.say(eve, books, '다음 주까지 3장 읽어 오세요')
  await api.createRoom(ben, '점심 뭐 먹지', ann)
  const roomId = await api.createRoom(ann, '주말 등산', ben, eve)
  const messageIds: number[] = []
  for (const [speaker, text] of TALK) messageIds.push(await api.say(people[speaker]!, roomId, text))
  for (const person of people) await api.read(person, roomId)
  return { people, roomId, messageIds }
}
